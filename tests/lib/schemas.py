# SPDX-License-Identifier: Apache-2.0
"""Check JSON against docs/schemas/."""

import json
import os


def load(source, name):
	with open(os.path.join(source, "docs", "schemas", name + ".schema.json"), encoding="utf-8") as f:
		return json.load(f)


def check(source, name, data):
	import jsonschema
	schema = load(source, name)
	validator = jsonschema.validators.validator_for(schema)(
		schema, format_checker=jsonschema.FormatChecker())
	wrong = [f"{'/'.join(map(str, e.absolute_path)) or '(top)'}: {e.message[:300]}"
		 for e in validator.iter_errors(data)]
	assert not wrong, f"does not fit {name}.schema.json:\n" + "\n".join(wrong[:10])
