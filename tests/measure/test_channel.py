"""Messages through real pipes."""

import os

import pytest

from spbench.measure.channel import Channel


@pytest.fixture
def pipe():
    read_fd, write_fd = os.pipe()
    yield read_fd, write_fd
    for fd in (read_fd, write_fd):
        try:
            os.close(fd)
        except OSError:
            pass


def test_messages_arrive_in_order(pipe):
    channel = Channel(*pipe)
    for message in ("text", {"a": [1, 2]}, None, b"x" * 10_000):
        channel.send(message)
    assert [channel.receive(1.0) for _ in range(4)] == ["text", {"a": [1, 2]}, None, b"x" * 10_000]


def test_silence_is_a_timeout(pipe):
    with pytest.raises(TimeoutError):
        Channel(*pipe).receive(0.01)


def test_half_a_message_is_a_timeout_or_an_end(pipe):
    read_fd, write_fd = pipe
    os.write(write_fd, (100).to_bytes(8, "little") + b"only this")
    channel = Channel(read_fd, write_fd)
    with pytest.raises(TimeoutError):
        channel.receive(0.01)
    os.close(write_fd)
    with pytest.raises(EOFError):
        channel.receive(1.0)


def test_nobody_listens(pipe):
    read_fd, write_fd = pipe
    os.close(read_fd)
    with pytest.raises(BrokenPipeError):
        Channel(read_fd, write_fd).send("anyone?")
