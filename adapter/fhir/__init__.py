"""The FHIR R4 wire: a tolerant reader with places, references, dates, OperationOutcome. No medicine."""
