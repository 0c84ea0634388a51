"""LDT Adapter: FHIR and HL7 v2 in, liver-directed-therapy advice out, for neuroendocrine liver metastases."""

__version__ = "0.1.0"
