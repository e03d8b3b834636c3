"""AWS::Budgets::Budget, through the API of AWS Budgets."""

from typing import Any

from .clients import Clients
from .resource_type import Properties, ResourceType

NOTIFICATIONS_EACH = 5


def api_budget(properties: Properties) -> dict[str, Any]:
    """A budget as the API takes it: amounts are texts there."""
    budget = properties["Budget"]
    limit = budget["BudgetLimit"]
    return budget | {"BudgetLimit": {"Amount": str(limit["Amount"]), "Unit": limit["Unit"]}}


def _create_budget(clients: Clients, properties: Properties) -> str:
    notifications = properties["NotificationsWithSubscribers"]
    if len(notifications) > NOTIFICATIONS_EACH:
        raise ValueError(f"a budget has at most {NOTIFICATIONS_EACH} notifications")
    clients.budgets.create_budget(
        AccountId=clients.account_id, Budget=api_budget(properties), NotificationsWithSubscribers=notifications
    )
    return properties["Budget"]["BudgetName"]


def _update_budget(_clients: Clients, name: str, old: Properties, _new: Properties) -> None:
    if old:
        raise ValueError(f"moto changes no budget: {name}")


BUDGET = ResourceType(
    name="AWS::Budgets::Budget",
    properties=frozenset({"Budget", "NotificationsWithSubscribers"}),
    create=_create_budget,
    update=_update_budget,
    delete=lambda clients, name, _: clients.budgets.delete_budget(AccountId=clients.account_id, BudgetName=name),
    attributes=lambda *_: {},
)
