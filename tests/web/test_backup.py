"""A backup is restored while browsers have seen more than it holds."""

from __future__ import annotations

import shutil
from pathlib import Path

from click.testing import CliRunner

from octavo.adapters.lock import DirectoryLock
from octavo.cli import main
from tests.web.running import running


def test_clients_that_knew_more_start_over(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy"
    with running(data) as server:
        ada = server.person("Ada")
        document = ada.document(content={"ops": [{"insert": "kept\n"}]})
    shutil.copytree(data, copy)
    with running(data) as server:
        ada.http.base_url = server.base
        ada.running = server
        with ada.editor(document, "c1") as socket:
            epoch = socket.welcome["epoch"]
            socket.operate(1, 1, [{"insert": "lost "}])
            assert socket.until("changes")["changes"][0]["revision"] == 2
    shutil.rmtree(data)
    shutil.copytree(copy, data)

    lock = DirectoryLock(data)
    refused = CliRunner().invoke(main, ["verify", "--renew-epoch", "--data-dir", str(data)])
    assert refused.exit_code == 1
    assert "in use by process" in refused.stderr
    lock.release()
    renewed = CliRunner().invoke(main, ["verify", "--renew-epoch", "--data-dir", str(data)])
    assert renewed.exit_code == 0
    assert renewed.output == ("1 documents, 1 changes: sound\n1 documents have another history from now on\n")

    with running(data) as server:
        ada.http.base_url = server.base
        ada.running = server
        with ada.editor(document, "c1", epoch=epoch, revision=2) as socket:
            assert socket.welcome["epoch"] != epoch
            assert (socket.welcome["revision"], socket.welcome["content"]) == (
                1,
                {"ops": [{"insert": "kept\n"}]},
            )
