"""With the database away the server says UNAVAILABLE, acknowledges nothing, and goes on by itself when it is back."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from tests import postgres
from tests.web.running import Running, Talk, running

pytestmark = pytest.mark.skipif(bool(postgres.lacking()), reason=postgres.lacking() or "there")


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    made = postgres.Cluster(postgres.place())
    made.create()
    made.start()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def server(cluster: postgres.Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("data"), database=cluster.database()) as started:
        yield started


def until_answered(editor: Talk, seq: int, base: int, text: str) -> int:
    """Send an operation as a client does, again after each temporary refusal; the revision that it got."""
    end = time.monotonic() + 40
    editor.operate(seq, base, [{"insert": text}])
    while time.monotonic() < end:
        message = editor.next(30)
        if message["type"] == "error":
            assert message["code"] == "UNAVAILABLE", message
            time.sleep(message.get("retry_after_ms", 100) / 1000)
            editor.operate(seq, base, [{"insert": text}])
        elif message["type"] == "changes":
            for change in message["changes"]:
                if change.get("seq") == seq:
                    return int(change["revision"])
        elif message["type"] == "ack" and message["seq"] == seq:
            return int(message["revision"])
    raise AssertionError("no answer")


def test_somebody_who_types_goes_on_after_the_database_was_killed(
    server: Running, cluster: postgres.Cluster
) -> None:
    ada = server.person("Ada")
    document = ada.document(content={"ops": [{"insert": "start\n"}]})
    nobody = server.nobody()
    with ada.editor(document, "c1", acks=True) as editor:
        base = editor.welcome["revision"]
        base = until_answered(editor, 1, base, "one ")
        for how, seq in ((signal.SIGKILL, 2), (signal.SIGINT, 4)):
            assert nobody.get("/readyz").status_code == 200
            cluster.stop(how)
            editor.operate(seq, base, [{"insert": f"{seq} "}])
            refused = editor.until("error", 30)
            assert refused["code"] == "UNAVAILABLE"
            assert refused["seq"] == seq
            away = nobody.get("/readyz")
            assert away.status_code == 503
            assert "cannot be reached" in away.json()["error"]["message"]
            assert nobody.get("/healthz").status_code == 200
            ada.refused("GET", "/documents", 503, "UNAVAILABLE")
            cluster.start()
            base = until_answered(editor, seq, base, f"{seq} ")
            base = until_answered(editor, seq + 1, base, f"{seq + 1} ")
    ops = ada.call("GET", f"/documents/{document}")["content"]["ops"]
    text = "".join(op["insert"] for op in ops)
    assert sorted(text.split()) == ["2", "3", "4", "5", "one", "start"]
    nobody.close()
