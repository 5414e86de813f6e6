"""The published schemas as validators."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry, Resource

FOLDER = Path(__file__).resolve().parents[2] / "conformance" / "schema"


@cache
def get_validator(name: str) -> Any:
    schemas = {p.name: json.loads(p.read_text(encoding="utf-8")) for p in FOLDER.glob("*.json")}
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    pairs = [(key, Resource.from_contents(schema)) for key, schema in schemas.items()]
    registry: Any = Registry().with_resources(pairs)
    return jsonschema.Draft202012Validator(schemas[name], registry=registry)
