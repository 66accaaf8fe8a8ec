"""What visitors use and see, drawn once per run: devices, pages, and what can be clicked there."""

import re
from random import Random

import msgspec
from faker import Faker

_PAGES = 400
_BROWSERS = 512
_ELEMENTS = ("buy", "search", "login", "share", "next", "menu", "close", "play", "subscribe")
_FAMILY = re.compile(r"iPhone|iPad|iPod|Android|Windows Phone|Windows|Macintosh|Linux|X11")
_OTHER = "Other"


class Site:
    """Pages by how often they are viewed; everything is finished JSON."""

    def __init__(self, seed: int) -> None:
        fake = Faker()
        fake.seed_instance(seed)
        paths = [f"/{fake.uri_path()}/{fake.slug()}" for _ in range(_PAGES)]
        popularity = [1 / (rank + 10) for rank in range(_PAGES)]
        # each as often as its weight, so that a view draws its page with one uniform choice
        self.pages = [
            msgspec.json.encode(path) for path in Random(seed).choices(paths, popularity, k=4_096)
        ]
        self.devices = [msgspec.json.encode(_family(fake.user_agent())) for _ in range(_BROWSERS)]
        self.elements = [msgspec.json.encode(f"button.{name}") for name in _ELEMENTS]


def _family(user_agent: str) -> str:
    found = _FAMILY.search(user_agent)
    return found[0] if found else _OTHER
