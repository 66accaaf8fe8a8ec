"""Names of countries for their codes, as ISO 3166 has them."""


def country_names() -> dict[str, str]:
    """Give the short name of each, by its alpha-2 code."""
    import pycountry  # noqa: PLC0415 - reads its data when it is imported

    return {
        country.alpha_2: getattr(country, "common_name", country.name)
        for country in sorted(pycountry.countries, key=lambda country: str(country.alpha_2))
    }
