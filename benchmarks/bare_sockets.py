"""What idle seats are measured against: FastAPI with a WebSocket that does nothing.

Run as a process of its own: `python -m benchmarks.bare_sockets PORT`. HTTP, WebSocket and loop are
those of a venue's server.
"""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


@app.websocket("/live")
async def live(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("{}")
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        return


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        access_log=False,
        log_level="warning",
    )
