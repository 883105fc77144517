"""Corrections of Lambda's reserved concurrency."""

import pytest
from conftest import Emulator
from functions import make_function


def test_a_hundred_executions_stay_unreserved(emulator: Emulator, account: str):
    make_function(emulator, account, "a")
    make_function(emulator, account, "b")
    client = emulator.client("lambda", account)
    client.put_function_concurrency(FunctionName="a", ReservedConcurrentExecutions=500)
    with pytest.raises(client.exceptions.InvalidParameterValueException) as refused:
        client.put_function_concurrency(FunctionName="b", ReservedConcurrentExecutions=401)
    assert "below its minimum value of [100]" in refused.value.response["Error"]["Message"]
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName="b")
    client.put_function_concurrency(FunctionName="b", ReservedConcurrentExecutions=400)
    limit = client.get_account_settings()["AccountLimit"]
    assert (limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]) == (1000, 100)
    assert client.get_function(FunctionName="b")["Concurrency"] == {"ReservedConcurrentExecutions": 400}
    # What a function has already does not count against what it asks for.
    client.put_function_concurrency(FunctionName="a", ReservedConcurrentExecutions=499)
    client.delete_function_concurrency(FunctionName="a")
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName="a")
    assert "Concurrency" not in client.get_function(FunctionName="a")


def test_a_small_account_can_reserve_nothing_but_switch_a_function_off(emulator: Emulator, account: str):
    emulator.admin("POST", "settings", {"lambda_concurrent_executions": 10}, account)
    make_function(emulator, account, "a")
    client = emulator.client("lambda", account)
    with pytest.raises(client.exceptions.InvalidParameterValueException) as refused:
        client.put_function_concurrency(FunctionName="a", ReservedConcurrentExecutions=1)
    assert "below its minimum value of [10]" in refused.value.response["Error"]["Message"]
    client.put_function_concurrency(FunctionName="a", ReservedConcurrentExecutions=0)
    assert client.get_function_concurrency(FunctionName="a")["ReservedConcurrentExecutions"] == 0
