"""What a reader may choose at the top of a dashboard.

In SQL a choice of several stands as `('*' IN ($cdn) OR current_cdn IN ($cdn))`: Grafana puts in
`'Akamai','Fastly'`, and `'*'` for All, also where nothing is there to choose from. A choice of one
is put in without quotes, as `'$currency'`.
"""

from grafana_foundation_sdk.models.dashboard import (
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
    VariableType,
)

from grafana.queries import PROMETHEUS, Sql

ALL = "'*'"
"""Put in as it is, so with quotes of its own."""


def several(name: str, label: str, query: Sql) -> VariableModel:
    """Offer any number of the query's rows, and All."""
    everything = VariableOption(selected=True, text=["All"], value=["$__all"])
    return _chosen(name, label, query, everything, is_multi=True)


def labels(name: str, label: str, metric: str) -> VariableModel:
    """Offer any number of the values that a label of this name has in Prometheus, and All."""
    return VariableModel(
        id_val=name,
        type_val=VariableType.QUERY,
        name=name,
        label=label,
        datasource=PROMETHEUS,
        query=f"label_values({metric}, {name})",
        refresh=VariableRefresh.ON_TIME_RANGE_CHANGED,
        sort=VariableSort.ALPHABETICAL_ASC,
        multi=True,
        include_all=True,
        all_value=".*",
        current=VariableOption(selected=True, text=["All"], value=["$__all"]),
    )


def one(name: str, label: str, query: Sql) -> VariableModel:
    """Offer one of the query's rows; the first to begin with, since none is called nothing."""
    return _chosen(name, label, query, VariableOption(text="", value=""), is_multi=False)


def _chosen(
    name: str, label: str, query: Sql, current: VariableOption, *, is_multi: bool
) -> VariableModel:
    return VariableModel(
        # Grafana keeps variables by it; the SDK gives all of them the same
        id_val=name,
        type_val=VariableType.QUERY,
        name=name,
        label=label,
        datasource=query.datasource,
        query=query.text,
        # what there is to choose from depends on the time that is looked at
        refresh=VariableRefresh.ON_TIME_RANGE_CHANGED,
        sort=VariableSort.DISABLED,
        multi=is_multi,
        include_all=is_multi,
        all_value=ALL if is_multi else None,
        current=current,
    )
