"""What changed between the editions, asked over HTTP."""

import httpx

NEW = "/v1/editions/qd26-2026"


async def test_the_changes_of_a_set_are_told_in_sentences_and_data(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{NEW}/sets/13/changes", headers={"Accept-Language": "vi"})
    assert answer.status_code == 200
    found = answer.json()
    assert (found["before"], found["after"], found["number"]) == ("qd148-2023", "qd26-2026", 13)
    assert found["changes"]
    assert all(change["sentence"] and change["kind"] for change in found["changes"])
    # Which edition was before may change when one is added between; between two shipped ones nothing does.
    assert answer.headers["cache-control"] == "public, max-age=300"
    named = await client.get(f"{NEW}/sets/13/changes", params={"since": "qd148-2023"})
    assert named.headers["cache-control"] == "public, max-age=86400"
    assert answer.headers["vary"] == "Accept-Language"
    english = await client.get(f"{NEW}/sets/13/changes", headers={"Accept-Language": "en"})
    assert english.headers["etag"] != answer.headers["etag"]
    assert [c["kind"] for c in english.json()["changes"]] == [c["kind"] for c in found["changes"]]
    unchanged = await client.get(
        f"{NEW}/sets/13/changes",
        headers={"Accept-Language": "en", "If-None-Match": english.headers["etag"]},
    )
    assert unchanged.status_code == 304


async def test_the_changes_of_an_edition_count_those_of_its_sets(client: httpx.AsyncClient) -> None:
    found = (await client.get(f"{NEW}/changes", params={"since": "qd148-2023"})).json()
    assert [one["number"] for one in found["sets"]] == list(range(1, 27))
    coffee = next(one for one in found["sets"] if one["number"] == 13)
    told = (await client.get(f"{NEW}/sets/13/changes")).json()["changes"]
    assert coffee["total"] == len(told) == sum(one["count"] for one in coffee["counts"])
    same = (await client.get(f"{NEW}/sets/13/changes", params={"since": "qd26-2026"})).json()
    assert same["changes"] == []


async def test_there_must_be_something_to_compare_with(client: httpx.AsyncClient) -> None:
    for path, code in (
        ("/v1/editions/qd148-2023/changes", "rubric.no_edition_before"),
        ("/v1/editions/qd148-2023/sets/1/changes", "rubric.no_edition_before"),
        (f"{NEW}/changes?since=qd9-1999", "rubric.unknown_edition"),
        (f"{NEW}/sets/27/changes", "rubric.unknown_set"),
        ("/v1/editions/none/changes", "rubric.unknown_edition"),
    ):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, code), path
