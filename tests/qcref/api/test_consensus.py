"""Validators and finality as one node alone tells them; networks are asked in tests/qcref/cli."""

from tests.qcref.api.support import Api


def test_the_one_validator_has_all_the_power(api: Api) -> None:
    answer = api.get("/v1/validators").json
    (only,) = answer["items"]
    assert (only["name"], only["status"], only["is_this_node"]) == ("validator", "active", True)
    assert only["power"] == answer["power_total"] == only["stake"]


def test_every_block_of_a_bft_chain_is_final_at_once(api: Api) -> None:
    for count in (1, 3):
        api.post("/v1/dev/mine", {"count": count})
        finality = api.get("/v1/finality").json
        status = api.get("/v1/status").json
        head = {"height": status["head_height"], "id": status["head_id"]}
        assert finality["head"] == finality["finalized"] == finality["justified"] == head
        assert (finality["kind"], finality["depth"], finality["reversal"]) == ("instant", "0", [])
        assert all(block["is_final"] for block in api.get("/v1/blocks").json["items"])


def test_a_transaction_is_final_with_its_block_and_not_before(api: Api) -> None:
    sent = api.post("/v1/dev/transfer", {"from": "alice", "to": "bob", "amount": "1"}).json
    assert (sent["state"], sent["is_final"]) == ("included", True)


def test_a_final_block_never_changes_for_caches(api: Api) -> None:
    api.post("/v1/dev/mine", {"count": 1})
    block_id = api.get("/v1/blocks/1").json["id"]
    assert "immutable" in api.get(f"/v1/blocks/{block_id}").headers["cache-control"]


def test_the_explorer_shows_who_takes_part_and_what_is_final(api: Api) -> None:
    home = api.get("/").body.decode()
    assert "Validators" in home
    assert "validator" in home
    assert "a block is final at once" in home
    assert "final" in api.get("/block/0").body.decode()
