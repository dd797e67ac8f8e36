"""Who comes: made-up people, most of them at made-up companies."""

from collections.abc import Sequence
from enum import StrEnum
from random import Random
from typing import NamedTuple

PEOPLE_PER_COMPANY = 5.8

_FIRST_NAMES = """
Ada Aisha Alan Alma Amir Ana Andrei Anna Arjun Astrid Ben Bianca Carlos Chen
Clara Daan Daniel Dina Elena Eli Elif Emma Erik Esther Fatima Felix Fiona
Gabriel Grace Hana Hannah Henry Hugo Ibrahim Ines Ingrid Isaac Ivan Jana Jonas
Joy Julia Kai Karim Kenji Lara Lars Layla Lea Leo Lin Lucas Luisa Maja Marco
Maria Marta Mateo Maya Mei Mia Milan Mina Mona Nadia Naomi Nils Nina Noah Nora
Olga Oliver Omar Pablo Paul Petra Priya Rafael Rana Ravi Rosa Ruth Sam Sara
Sofia Stefan Tara Tom Tomas Uma Vera Victor Wei Yara Yuki Zoe
"""
_LAST_NAMES = """
Abel Adeyemi Ahmed Alvarez Andersen Bauer Becker Bell Berg Bianchi Brandt Brown
Castro Cohen Costa Cruz Dahl Diaz Dubois Edwards Ek Evans Ferrari Fischer Fox
Garcia Gomez Gray Haas Haddad Hansen Hughes Ito Ivanova Jansen Jensen Jones Kaya
Keller Khan Kim Klein Koch Kovac Kumar Lang Larsen Lee Lopez Lund Maier Martin
Mendes Meyer Moreau Mori Moser Murphy Nagy Nguyen Novak Okafor Olsen Ortiz Park
Patel Perez Petrov Quinn Rao Reyes Ricci Rossi Roth Ruiz Sato Schmidt Silva
Singh Smith Stone Suzuki Tan Torres Vogel Walker Wang Weber Weiss Wong Young
Zhang
"""
_COMPANY_FIRST = """
Alder Amber Anchor Arbor Aspen Beacon Birch Blue Bright Cedar Cinder Clear
Copper Coral Crest Delta Drift Echo Elm Ember Fern Field Flint Granite Harbor
Hazel Iron Juniper Lark Linden Lumen Maple Meadow North Oak Orchard Pine Quarry
River Summit
"""
_COMPANY_LAST = """
Analytics Bank Biotech Cloud Design Energy Foods Freight Health Insurance Labs
Logistics Media Mobility Networks Robotics Security Software Studio Systems
Travel Works
"""


class Persona(StrEnum):
    """What somebody is after; it decides how a journey goes."""

    VISITOR = "visitor"
    """Looks around, once or a few times, and stays unknown."""
    READER = "reader"
    """Takes the newsletter and reads it, for a while."""
    EVALUATOR = "evaluator"
    """Compares products for some weeks, and mostly goes away again."""
    BUYER = "buyer"
    """Asks for a demo; every other one signs."""
    STAR = "star"
    """Signs, and keeps coming."""


_SHARES = {
    Persona.VISITOR: 0.41,
    Persona.READER: 0.31,
    Persona.EVALUATOR: 0.18,
    Persona.BUYER: 0.075,
    Persona.STAR: 0.025,
}

_AT_A_COMPANY = {
    Persona.VISITOR: 0.9,
    Persona.READER: 0.72,
    Persona.EVALUATOR: 0.97,
    Persona.BUYER: 1.0,
    Persona.STAR: 1.0,
}


class Company(NamedTuple):
    """Where people work."""

    name: str
    domain: str


class Person(NamedTuple):
    """Somebody who comes."""

    number: int
    """From 0 on."""
    persona: Persona
    name: str
    email: str
    company: Company | None


def make_people(random: Random, count: int) -> Sequence[Person]:
    """Return so many people; several work at the same company, at large ones many."""
    companies = _make_companies(random, max(1, round(count / PEOPLE_PER_COMPANY)))
    sizes = [random.paretovariate(1.3) for _ in companies]
    first_names, last_names = _FIRST_NAMES.split(), _LAST_NAMES.split()
    personas = list(_SHARES)
    people = []
    for number in range(count):
        persona = (
            Persona.READER
            if number == 0  # the first of them is known
            else random.choices(personas, list(_SHARES.values()))[0]
        )
        first, last = random.choice(first_names), random.choice(last_names)
        company = (
            random.choices(companies, sizes)[0]
            if random.random() < _AT_A_COMPANY[persona]
            else None
        )
        domain = company.domain if company else "mail.example"
        email = f"{first}.{last}.{number}@{domain}".lower()
        people.append(Person(number, persona, f"{first} {last}", email, company))
    return people


def _make_companies(random: Random, count: int) -> Sequence[Company]:
    names = [
        f"{first} {last}"
        for first in _COMPANY_FIRST.split()
        for last in _COMPANY_LAST.split()
    ]
    random.shuffle(names)
    return [
        Company(name, f"{name.lower().replace(' ', '-')}.example")
        for name in names[:count]
    ]
