"""Lines between venues: each venue in a network namespace of its own, joined by a bridge.

    people ── seat0 [venue] wan0 ── bridge ── wan0 [venue] seat0 ── people

People reach their venue by a wire of their own, so that only what venues say to each other is hurt.
All of it lies in the campaign's own network namespace (`private`) and goes with it.
"""

from __future__ import annotations

import subprocess

BRIDGE = "wan"
TABLE = "campaign"


class Wires:
    """The namespaces and wires of venues, by their ids."""

    def __init__(self, names):
        self._homes = {}
        _run("ip", "link", "add", BRIDGE, "type", "bridge")
        _run("ip", "link", "set", BRIDGE, "up")
        for number, name in enumerate(names, start=1):
            home = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
            self._homes[name] = home
            _await_namespace(home.pid)
            self._join(number, home.pid)

    def _join(self, number, home):
        wan, seat = f"w{number}", f"s{number}"
        for near, far in ((wan, "wan0"), (seat, "seat0")):
            _run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", str(home))
            _run("ip", "link", "set", near, "up")
        _run("ip", "link", "set", wan, "master", BRIDGE)
        _run("ip", "address", "add", f"{_seat(number)[:-1]}2/24", "dev", seat)
        inside = ["nsenter", f"--net=/proc/{home}/ns/net"]
        for words in (
            f"ip address add {_wan(number)}/24 dev wan0",
            f"ip address add {_seat(number)}/24 dev seat0",
            "ip link set lo up",
            "ip link set wan0 up",
            "ip link set seat0 up",
        ):
            _run(*inside, *words.split())

    def namespace(self, name):
        """Return the file that a process enters a venue's namespace by."""
        return f"/proc/{self._homes[name].pid}/ns/net"

    def address(self, name):
        """Return where other venues reach a venue."""
        return _wan(self._number(name))

    def seat_address(self, name):
        """Return where people reach a venue."""
        return _seat(self._number(name))

    def _number(self, name):
        return list(self._homes).index(name) + 1

    # What happens to a line

    def cut(self, name):
        """Let nothing through: the other side hears nothing, not even a refusal."""
        self.rules(name, "input iifname wan0 drop", "output oifname wan0 drop")

    def deafen(self, name):
        """Let nothing in: the venue is heard and does not hear."""
        self.rules(name, "input iifname wan0 drop")

    def refuse(self, name):
        """Answer every word with a reset, as a dying router does."""
        reset = "ip protocol tcp reject with tcp reset"
        self.rules(name, f"input iifname wan0 {reset}", f"output oifname wan0 {reset}")

    def lose(self, name, percent):
        """Lose so many of a hundred packets, either way, by chance."""
        chance = f"numgen random mod 100 < {percent} drop"
        self.rules(name, f"input iifname wan0 {chance}", f"output oifname wan0 {chance}")

    def throttle(self, name, kilobits):
        """Let so many kilobits through in a second, outwards."""
        words = f"tc qdisc replace dev wan0 root tbf rate {kilobits}kbit burst 8k latency 2s"
        self._at(name, *words.split())

    def rules(self, name, *rules):
        """Replace the venue's rules."""
        text = [f"table inet {TABLE}", f"delete table inet {TABLE}", f"table inet {TABLE} {{"]
        for chain in ("input", "output"):
            text.append(f"chain {chain} {{ type filter hook {chain} priority 0;")
            text += [rule.removeprefix(f"{chain} ") for rule in rules if rule.startswith(chain)]
            text.append("}")
        self._at(name, "nft", "-f", "-", text="\n".join([*text, "}", ""]))

    def heal(self, name):
        """Let everything through again."""
        self.rules(name)
        self._at(name, "tc", "qdisc", "del", "dev", "wan0", "root", check=False)

    def _at(self, name, *words, text=None, check=True):
        command = ["nsenter", f"--net={self.namespace(name)}", *words]
        subprocess.run(command, input=text, text=True, check=check, capture_output=not check)

    def end(self):
        for home in self._homes.values():
            home.kill()
            home.wait()
        for number in range(1, len(self._homes) + 1):
            for near in (f"w{number}", f"s{number}"):
                subprocess.run(["ip", "link", "del", near], check=False, capture_output=True)
        _run("ip", "link", "del", BRIDGE)


def _run(*words):
    subprocess.run(words, check=True)


def _await_namespace(pid):
    """Wait until the process is in a namespace of its own."""
    while _identity(pid) == _identity("self"):
        pass


def _identity(pid):
    return subprocess.run(
        ["readlink", f"/proc/{pid}/ns/net"], check=True, capture_output=True, text=True
    ).stdout


def _wan(number):
    return f"10.77.0.{number}"


def _seat(number):
    return f"10.78.{number}.1"
