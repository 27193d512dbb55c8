"""The WebSocket `/ws`: a snapshot, then deltas."""

import asyncio
from contextlib import suppress

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from closeout.api.auth import is_same_origin
from closeout.api.hub import Client, Hub

router = APIRouter()

_POLICY_VIOLATION = 1008


@router.websocket("/ws")
async def stream(socket: WebSocket, epoch: str | None = None, since: int | None = None) -> None:
    """Serve one browser until it goes."""
    if not is_same_origin(socket):
        await socket.close(_POLICY_VIOLATION)
        return
    hub = socket.app.state.hub
    assert isinstance(hub, Hub)
    await socket.accept()
    with hub.connect() as client, suppress(WebSocketDisconnect):
        missed = hub.since(epoch, since)
        for text in [hub.snapshot()] if missed is None else missed:
            await socket.send_text(text)
        await _serve(socket, hub, client)


async def _serve(socket: WebSocket, hub: Hub, client: Client) -> None:
    reader = asyncio.create_task(_until_gone(socket))
    try:
        while not reader.done():
            sender = asyncio.create_task(client.queue.get())
            await asyncio.wait({reader, sender}, return_when=asyncio.FIRST_COMPLETED)
            if not sender.done():
                sender.cancel()
                return
            await _send(socket, hub, client, sender.result())
    finally:
        reader.cancel()


async def _send(socket: WebSocket, hub: Hub, client: Client, text: str) -> None:
    if not client.lagging:
        await socket.send_text(text)
        return
    while not client.queue.empty():
        client.queue.get_nowait()
    client.lagging = False
    await socket.send_text(hub.snapshot())


async def _until_gone(socket: WebSocket) -> None:
    """Clients say nothing; reading is how a closed connection is noticed."""
    with suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()
