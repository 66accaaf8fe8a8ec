"""What there is to watch, and on what: drawn once per run."""

from dataclasses import dataclass
from random import Random

import msgspec
from faker import Faker

from generator.times import MINUTE, SECOND

_CONTENTS = 300
_GENRES = ("action", "comedy", "crime", "documentary", "drama", "family", "sci-fi", "thriller")
_LANGUAGES = ("en", "en", "en", "de", "fr", "es", "pt-BR", "ja")
_LENGTHS = {
    "movie": (80 * MINUTE, 180 * MINUTE),
    "episode": (20 * MINUTE, 60 * MINUTE),
    "ad": (15 * SECOND, 60 * SECOND),
}
_TYPES = ("movie",) * 4 + ("episode",) * 5 + ("ad",)
_ADDRESSES = 4_096
_IPV6 = 0.3  # of all addresses


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """Something to watch."""

    id: str
    type: str
    title: str
    genre: tuple[str, ...]
    language: str
    duration_ms: int


class Library:
    """Contents by their popularity, and addresses of viewers as finished JSON."""

    def __init__(self, seed: int) -> None:
        fake, random = Faker(), Random(seed)
        fake.seed_instance(seed)
        contents = [_content(fake, random, number) for number in range(_CONTENTS)]
        popularity = [1 / (rank + 3) for rank in range(_CONTENTS)]
        # each as often as its weight, so that one uniform choice is enough
        self.shelf = random.choices(contents, popularity, k=4_096)
        self.newest = next(content for content in reversed(contents) if content.type == "movie")
        self.addresses = [
            msgspec.json.encode(fake.ipv6() if random.random() < _IPV6 else fake.ipv4_public())
            for _ in range(_ADDRESSES)
        ]


def _content(fake: Faker, random: Random, number: int) -> Content:
    content_type = random.choice(_TYPES)
    least, most = _LENGTHS[content_type]
    return Content(
        id=f"media_{number:04d}",
        type=content_type,
        title=_title(fake, random, content_type),
        genre=tuple(random.sample(_GENRES, random.randrange(1, 4))),
        language=random.choice(_LANGUAGES),
        duration_ms=random.randrange(least, most, SECOND),
    )


def _title(fake: Faker, random: Random, content_type: str) -> str:
    if content_type == "ad":
        return fake.catch_phrase()
    if content_type == "episode":
        return f"{fake.city()} S{random.randrange(1, 8):02d}E{random.randrange(1, 13):02d}"
    forms = (
        f"The {fake.word().title()} of {fake.city()}",
        f"{fake.first_name()} and {fake.first_name()}",
        f"A {fake.color_name()} {fake.word().title()}",
    )
    return random.choice(forms)
