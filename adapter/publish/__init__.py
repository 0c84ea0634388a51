"""The knowledge of the adapter as FHIR R4: rules, therapies, facts, the form that asks for them, the code mappings.

Everything is made from the same YAML and CSV that the adapter runs on; nothing here evaluates, and nothing is written.
"""

from adapter.publish.knowledge import Knowledge, knowledge

__all__ = ["Knowledge", "knowledge"]
