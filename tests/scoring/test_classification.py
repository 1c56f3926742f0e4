"""The set of a product by its name, for everybody."""

import httpx


async def test_a_product_is_classified_with_reasons_and_may_be_cached(client: httpx.AsyncClient) -> None:
    address = "/v1/editions/qd26-2026/classification"
    answer = await client.get(address, params={"q": "mac ca say", "limit": 2})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=86400"
    first = answer.json()["items"][0]
    assert (first["set"]["number"], first["set"]["industry"]["code"]) == (7, "I")
    assert [word["known"] for word in first["words"]] == ["mắc ca", "sấy"]
    again = await client.get(
        address,
        params={"q": "mac ca say", "limit": 2},
        headers={"If-None-Match": answer.headers["etag"]},
    )
    assert again.status_code == 304


async def test_what_is_not_known_is_no_fault_but_what_is_not_asked_is(client: httpx.AsyncClient) -> None:
    address = "/v1/editions/qd26-2026/classification"
    assert (await client.get(address, params={"q": "Ladodetox"})).json()["items"] == []
    for wrong in ("", "?q=", f"?q={'a' * 201}", "?q=tra&limit=11", "?q=tra&page=2"):
        assert (await client.get(f"{address}{wrong}")).status_code == 422
    unknown = await client.get("/v1/editions/qd1-1900/classification", params={"q": "trà"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "rubric.unknown_edition")
