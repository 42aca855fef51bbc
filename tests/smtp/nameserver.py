"""A resolver on loopback that answers what a test wrote down, over UDP and TCP, or fails as resolvers do."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import Any, TypeAlias, cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset


class Fault(Enum):
    """What a resolver does in place of an answer."""

    SERVFAIL = auto()  # in trouble, or the signatures are wrong
    SILENCE = auto()
    REFUSED = auto()


# "name TYPE": records as in a zone file, or a fault. Names end without a dot, names in records with one.
Zone: TypeAlias = Mapping[str, Sequence[str] | Fault]


class Nameserver(asyncio.DatagramProtocol):
    """``zone`` may be changed while it serves. ``secure``: below which names it says AD. ``asked``: "name TYPE"s.

    ``spoofed``: before each answer comes one with another number. What has more than ``room`` octets goes over TCP.
    """

    def __init__(self, zone: Zone, *, secure: Sequence[str] = (), room: int = 1232, spoofed: bool = False) -> None:
        self.zone = dict(zone)
        self.asked: list[str] = []
        self.over_tcp = 0
        self.port = 0
        self._secure = secure
        self._room = room
        self._spoofed = spoofed
        self._udp: asyncio.DatagramTransport

    @property
    def address(self) -> str:
        """As the setting ``resolver`` has it."""
        return f"127.0.0.1#{self.port}"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Nameserver"]:
        loop = asyncio.get_running_loop()
        tcp = await asyncio.start_server(self._stream, "127.0.0.1", 0)
        self.port = tcp.sockets[0].getsockname()[1]
        udp, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", self.port))
        try:
            yield self
        finally:
            udp.close()
            tcp.close()
            await tcp.wait_closed()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._udp = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        query = dns.message.from_wire(data)
        if self._spoofed:
            forged = dns.message.make_response(query)
            forged.id ^= 1
            forged.set_rcode(dns.rcode.NXDOMAIN)
            self._udp.sendto(forged.to_wire(), addr)
        response = self._answer(query)
        if response is None:
            return
        wire = response.to_wire(max_size=65535)
        if len(wire) > self._room:
            short = dns.message.make_response(query)
            short.flags |= dns.flags.TC
            wire = short.to_wire()
        self._udp.sendto(wire, addr)

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        response = self._answer(dns.message.from_wire(await reader.readexactly(length)))
        self.over_tcp += 1
        if response is not None:
            writer.write(response.to_wire(max_size=65535, prepend_length=True))
        writer.close()

    def _answer(self, query: dns.message.Message) -> dns.message.Message | None:
        question = query.question[0]
        name, kind = question.name, dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{_text(name)} {kind}")
        response = dns.message.make_response(query, recursion_available=True)
        secure = True
        while True:
            secure = secure and any(_text(name).endswith(each) for each in self._secure)
            found = self.zone.get(f"{_text(name)} {kind}", ())
            if isinstance(found, Fault):
                response.set_rcode(dns.rcode.SERVFAIL if found is Fault.SERVFAIL else dns.rcode.REFUSED)
                return None if found is Fault.SILENCE else response
            if found:
                response.answer.append(dns.rrset.from_text_list(name, 300, "IN", kind, found))
            alias = self.zone.get(f"{_text(name)} CNAME", ())
            if found or not alias or isinstance(alias, Fault):
                break
            response.answer.append(dns.rrset.from_text_list(name, 300, "IN", "CNAME", alias))
            name = dns.name.from_text(alias[0])
        if not found and not any(key.split()[0] == _text(name) for key in self.zone):
            response.set_rcode(dns.rcode.NXDOMAIN)
        if secure:
            response.flags |= dns.flags.AD
        return response


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()
