"""A program's work outlives the program."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from octavo.client import Api, Delta, Document
from octavo.client.outbox import Outbox
from octavo.errors import Conflict, Invalid

BOT = """
import asyncio, sys
from pathlib import Path
from octavo.client import Api, Delta, Document

async def main():
    url, token, document_id, outbox = sys.argv[1:]
    async with Api(url, token) as api, Document(api, document_id, outbox=Path(outbox)) as document:
        for number in range(10_000):
            document.edit(Delta().retain(document.length - 1).insert(f"{number},"))
            print(number, flush=True)
            await asyncio.sleep(0)

asyncio.run(main())
"""


async def test_a_program_killed_in_mid_sentence_loses_nothing_and_doubles_nothing(
    api: Api, document_id: str, tmp_path: Path
) -> None:
    outbox, done = tmp_path / "outbox", 0
    for _ in range(4):
        arguments = (api.url, await api.renew(), document_id, str(outbox))
        bot = await asyncio.create_subprocess_exec(
            sys.executable, "-c", BOT, *arguments, stdout=asyncio.subprocess.PIPE
        )
        assert bot.stdout is not None
        for _ in range(25):
            line = await bot.stdout.readline()
        os.kill(bot.pid, signal.SIGKILL)
        rest = (await bot.stdout.read()).split()
        await bot.wait()
        done += int(rest[-1] if rest else line) + 1
        async with Document(api, document_id, outbox=outbox) as document:
            await document.saved()
            # What was told is there; the one edit after it may be.
            written = document.text.count(",")
            assert done <= written <= done + 1
            done = written
        assert not outbox.exists()
    numbers = document.text.removeprefix("Hello").strip().rstrip(",").split(",")
    starts = [at for at, number in enumerate(numbers) if number == "0"]
    for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True):
        assert numbers[start:end] == [str(number) for number in range(end - start)]


async def test_of_two_programs_the_second_is_refused(api: Api, document_id: str, tmp_path: Path) -> None:
    async with Document(api, document_id, outbox=tmp_path / "outbox"):
        with pytest.raises(Conflict, match="another program"):
            async with Document(api, document_id, outbox=tmp_path / "outbox"):
                pass


async def test_work_for_another_document_is_not_touched(api: Api, document_id: str, tmp_path: Path) -> None:
    path = tmp_path / "outbox"
    outbox = Outbox(path)
    async with Document(api, document_id) as document:
        document.edit(Delta().insert("x"))
        outbox.write(document_id, document._machine)
        await document.saved()
    with pytest.raises(Conflict, match="holds work for document"):
        Outbox(path).open("another")
    path.write_bytes(b"no outbox")
    with pytest.raises(Invalid, match="not an outbox"):
        Outbox(path).open(document_id)
