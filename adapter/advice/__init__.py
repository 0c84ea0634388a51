"""Advice for people and systems: CDS Hooks cards and FHIR CarePlans, both rendered from the same Assessment."""
