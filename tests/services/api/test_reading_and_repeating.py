"""Commands sent twice, reading one's own writes, pages in order, entity tags, and the headers beside every answer."""

from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from time import monotonic, sleep

from tests.support.api import CONVENTIONS, MEMBERS, Served, declaration, joining, planning


def test_a_command_sent_again_is_answered_again_and_done_once(here: Served) -> None:
    walked = here.walk()
    first, again = (
        here.insurer.post(MEMBERS, joining(walked.convention, given_name="Zoé"), Idempotency_Key="join-1")
        for _ in range(2)
    )
    assert (first.status_code, first.json) == (again.status_code, again.json)
    assert first.headers["Location"] == again.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    here.follow()
    found = here.insurer.get(f"{MEMBERS}?q=zoe").json
    assert found
    assert len(found["items"]) == 1


def test_the_same_key_at_once_is_done_once(here: Served) -> None:
    def post(_: int) -> tuple[int, str]:
        answer = here.of("insurer").post(CONVENTIONS, declaration(), Idempotency_Key="at-once")
        return answer.status_code, answer.get_data(as_text=True)

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(post, range(6)))) == 1


def test_a_replay_counts_before_the_version_is_looked_at(here: Served) -> None:
    walked = here.walk()
    address = f"{MEMBERS}/{walked.member}/leaving"
    body = {"left_on": "2026-09-30", "reason": "moved"}
    first, again = (
        here.insurer.post(address, body, If_Match='"1"', Idempotency_Key="leave") for _ in range(2)
    )
    assert first.status_code == again.status_code == 200
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_same_key_of_another_person_is_another_command(here: Served) -> None:
    first = here.insurer.post(CONVENTIONS, declaration(), Idempotency_Key="k")
    other = here.rival.post(CONVENTIONS.replace("999000011", "999000029"), declaration(), Idempotency_Key="k")
    assert first.json
    assert other.json
    assert first.json["id"] != other.json["id"]


def test_what_is_true_already_is_answered_without_a_position(here: Served) -> None:
    walked = here.walk()
    again = here.town.post(f"{walked.within}/confirmation")
    assert again.json
    assert (again.status_code, again.json["position"]) == (200, None)
    assert "Beffroi-Position" not in again.headers


def test_a_reader_who_names_its_write_waits_for_the_view(here: Served) -> None:
    walked = here.walk()
    written = here.insurer.post(MEMBERS, joining(walked.convention, given_name="Zoé")).headers[
        "Beffroi-Position"
    ]

    def later() -> None:
        sleep(0.2)
        here.follow()

    follower = Thread(target=later)
    follower.start()
    answer = here.insurer.get(f"{MEMBERS}?q=zoe", Beffroi_Position=written)
    follower.join()
    assert answer.json
    assert len(answer.json["items"]) == 1
    assert int(answer.headers["Beffroi-View-Position"]) >= int(written)
    assert "Beffroi-Catching-Up" not in answer.headers


def test_a_view_that_stays_behind_says_so_after_a_second(here: Served) -> None:
    walked = here.walk()
    written = here.insurer.post(MEMBERS, joining(walked.convention)).headers["Beffroi-Position"]
    began = monotonic()
    answer = here.insurer.get(MEMBERS, Beffroi_Position=written)
    assert 0.9 < monotonic() - began < 3
    assert answer.headers["Beffroi-Catching-Up"] == "true"
    assert answer.json
    assert len(answer.json["items"]) == 1


def test_alerts_are_catching_up_until_the_judge_has_read_the_newest_grid(here: Served) -> None:
    walked = here.walk()
    with here.parts.databases.project.connection() as connection:
        connection.execute("update projection.follower set position = 1 where name = 'judge'")
    assert here.town.get(f"{walked.within}/breaches").headers["Beffroi-Catching-Up"] == "true"


def test_pages_follow_each_other_without_a_gap_or_a_double(here: Served) -> None:
    walked = here.walk()
    for given in ("Abel", "Ève", "Noé", "Zoé"):
        here.insurer.post(MEMBERS, joining(walked.convention, family_name="Martin", given_name=given))
    for day in (5, 12, 19):
        here.insurer.post(f"{walked.within}/office-hours", planning(f"2026-05-{day:02d}"))
    here.follow()
    for path, field in (
        (MEMBERS, "given_name"),
        (f"{walked.within}/office-hours", "on"),
        (f"{walked.within}/grids", "id"),
    ):
        whole = here.insurer.get(path).json
        assert whole
        assert whole["next"] is None
        seen, address = [], f"{path}?limit=2"
        while address:
            answer = here.insurer.get(address)
            assert answer.json
            assert len(answer.json["items"]) <= 2
            seen += [each[field] for each in answer.json["items"]]
            link = answer.headers.get("Link", "")
            assert bool(link) is (answer.json["next"] is not None)
            address = link.partition("<")[2].partition(">")[0]
        assert seen == [each[field] for each in whole["items"]]


def test_a_cursor_tells_nobodys_name(here: Served) -> None:
    walked = here.walk()
    here.insurer.post(MEMBERS, joining(walked.convention, family_name="Zzz"))
    here.follow()
    page = here.insurer.get(f"{MEMBERS}?limit=1").json
    assert page
    assert "lefevre" not in page["next"].lower()
    assert "bGVmZXZ" not in page["next"]


def test_a_version_that_was_read_is_not_sent_again(here: Served) -> None:
    walked = here.walk()
    tag = here.town.get(walked.within).headers["ETag"]
    again = here.town.get(walked.within, If_None_Match=tag)
    assert (again.status_code, again.get_data()) == (304, b"")
    assert here.town.get(walked.within, If_None_Match='"1"').status_code == 200


def test_a_correlation_is_taken_over_kept_and_answered(here: Served) -> None:
    answer = here.insurer.post(CONVENTIONS, declaration(), X_Request_Id="from-the-back-office.17")
    assert answer.headers["X-Request-Id"] == "from-the-back-office.17"
    with here.parts.databases.project.connection() as connection:
        kept = connection.execute(
            "select correlation, actor from ledger.event order by position desc"
        ).fetchone()
    assert kept
    assert kept[0] == "from-the-back-office.17"
    assert here.insurer.token
    assert kept[1] == here.insurer.token.principal.account
    assert here.nobody.get("/health/live", X_Request_Id="a b").headers["X-Request-Id"] != "a b"


def test_what_was_for_one_person_is_kept_by_nobody(here: Served) -> None:
    for answer in (here.insurer.get("/v1/me"), here.nobody.get("/v1/me"), here.insurer.get("/v1/members")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "public" in here.nobody.get("/v1/communes/38185").headers["Cache-Control"]


def test_the_directory_is_searched_without_an_account(here: Served) -> None:
    one = here.nobody.get("/v1/communes/38185").json
    assert one
    assert (one["name"], one["department"], one["epci"], one["population"]) == (
        "Grenoble",
        {"code": "38", "name": "Isère"},
        None,
        158_000,
    )
    hits = here.nobody.get("/v1/communes?q=38001").json
    assert hits
    assert [(hit["commune"]["code"], hit["reason"], hit["part"]["kind"]) for hit in hits["items"]] == [
        ("38185", "former_code", "former")
    ]


def test_published_facts_are_for_everybody_signed_in(here: Served) -> None:
    here.walk()
    for caller in (here.insurer, here.rival, here.town, here.other_town, here.operator):
        assert caller.get("/v1/communes/38185/citations").json == {"items": [], "next": None}


def test_the_status_is_the_operators_and_readiness_everybodys(here: Served) -> None:
    here.walk()
    status = here.operator.get("/v1/status").json
    assert status
    assert status["healthy"] is True
    assert {view["view"] for view in status["views"]} == {
        "access",
        "compliance",
        "crm",
        "oversight",
        "tariffs",
    }
    assert status["writer_waiting"] == 0
    assert here.nobody.get("/health/ready").json == {
        "status": "ok",
        "checks": dict.fromkeys(("database", "access", "oversight", "tariffs", "compliance", "crm"), "ok"),
    }
    with here.parts.databases.project.connection() as connection:
        connection.execute(
            "update projection.view_version set poisoned_at = 3, error = 'x' where view = 'crm'"
        )
    stopped = here.nobody.get("/health/ready")
    assert stopped.json
    assert (stopped.status_code, stopped.json["checks"]["crm"]) == (503, "unavailable")
    assert here.nobody.get("/health/live").status_code == 200
