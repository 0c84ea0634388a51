"""For each row of mappings/rows.yaml what a sender writes to reach it, on either wire, and what the fact then is.

Written by hand from the code systems, not read from the tables; test_rows.py sends it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from tests.mapping.senders import (
    CPT,
    ICD10CM,
    SNOMED,
    Json,
    Resource,
    concept,
    condition,
    header,
    laboratory,
    medication,
    message,
    observation,
    obx,
    order,
    procedure,
    report,
)

TRANSARTERIAL = ["ctace", "deb_tace", "radiation_segmentectomy", "tae", "tare_lobar", "tare_whole_liver"]
TARE = ["radiation_segmentectomy", "tare_lobar", "tare_whole_liver"]
NO_AGENT = "PR1 names no agent or device"
NO_SITE = "PR1 has no body site"
NO_SITE_OF_DIAGNOSIS = "DG1 and PRB have no body site"
DRUG_ORDER = "a drug order is an RXE, which says nothing of a draft: read as ordered, and no row reads that"


@dataclass(frozen=True)
class Sent:
    """What reaches a row: FHIR resources, an HL7 v2 message (or why there is none), and the value of the fact.

    `lacking` and `lacking_hl7` are the same without what the row needs beside its code.
    """

    row: str
    fact: str
    value: object
    fhir: tuple[Resource, ...]
    hl7: str = ""
    not_by_hl7: str = ""
    lacking: tuple[Resource, ...] = ()
    lacking_hl7: tuple[str, ...] = field(default=())


def some(*codes: str) -> dict[str, object]:
    """A list with one member of these, and maybe others."""
    return {"has": [], "one_of": [sorted(codes)], "complete": False}


def has(*codes: str) -> dict[str, object]:
    """A list with these members, and maybe others."""
    return {"has": sorted(codes), "one_of": [], "complete": False}


def either(*codes: str) -> dict[str, object]:
    """One of these codes."""
    return {"one_of": sorted(codes)}


def dg1(code: str, when: str = "20260110080000+0000") -> str:
    """An ADT with one final diagnosis."""
    return message(f"DG1|1||{code}||{when}|F", head=header(message="ADT^A08^ADT_A01"))


def pr1(*codes: str, reason: str = "", when: str = "20260110080000+0000") -> str:
    """An ADT with procedures of one day, each with an associated diagnosis if given."""
    tail = "|" * 10 + reason if reason else ""
    segments = [f"PR1|{number}||{code}||{when}{tail}" for number, code in enumerate(codes, 1)]
    return message(*segments, head=header(message="ADT^A08^ADT_A01"))


def rxa(code: str, *before: str) -> str:
    """A drug given on the day, after other segments of the message."""
    time = "20260110090000+0000"
    given = f"RXA|0|1|{time}|{time}|{code}|1|{'|' * 13}CP|A"
    return message(*before, "ORC|RE|O1|F1", given, head=header(message="RAS^O17^RAS_O17"))


def omg(code: str) -> str:
    """A new order."""
    return message("ORC|NW|O1|||||||20260110080000+0000", f"OBR|1|O1||{code}", head=header(message="OMG^O19^OMG_O19"))


def _coded(row: str, fact: str, value: object, result: str, answer: tuple[str, str], hl7: str) -> Sent:
    resource = observation(result, valueCodeableConcept=concept(*answer))
    return Sent(row, fact, value, (resource,), report(obx(f"{result}^^LN", hl7, kind="CWE")))


def _number(
    row: str, fact: str, code: str, sent: tuple[str, str], value: str, si: tuple[str, str, str] | None = None
) -> Sent:
    """A result: by FHIR in one code and unit, by HL7 in another where there is one."""
    number, unit = sent
    other = si or (code, number, unit)
    return Sent(
        row,
        fact,
        Decimal(value),
        (laboratory(code, float(number), unit),),
        report(obx(f"{other[0]}^^LN", other[1], other[2])),
    )


def _diagnosis(row: str, fact: str, value: object, icd: str = "", sct: str = "") -> Sent:
    """A diagnosis: SNOMED CT in FHIR and ICD-10-CM in HL7 where it has both."""
    by_fhir = condition(sct, system=SNOMED) if sct else condition(icd)
    return Sent(row, fact, value, (by_fhir,), dg1(f"{icd}^^I10C" if icd else f"{sct}^^SCT"))


def _procedure(row: str, fact: str, value: object, sct: str = "", cpt: str = "") -> Sent:
    """A procedure: SNOMED CT in FHIR and CPT in HL7 where it has both."""
    by_fhir = procedure(sct) if sct else procedure(cpt, system=CPT)
    return Sent(row, fact, value, (by_fhir,), pr1(f"{cpt}^^C4" if cpt else f"{sct}^^SCT"))


def _order(row: str, value: object, sct: str = "", cpt: str = "") -> Sent:
    by_fhir = order(sct) if sct else order(cpt, system=CPT)
    return Sent(row, "planned_therapies", value, (by_fhir,), omg(f"{cpt}^^CPT" if cpt else f"{sct}^^SCT"))


def _drug(row: str, value: str, rxnorm: str, fact: str = "planned_therapies") -> Sent:
    return Sent(row, fact, has(value), (medication("MedicationRequest", rxnorm),), not_by_hl7=DRUG_ORDER)


def _captem(row: str, rxnorm: str, other: str) -> Sent:
    drug, second = medication("MedicationRequest", rxnorm), medication("MedicationRequest", other, id="m2")
    return Sent(row, "planned_therapies", has("captem"), (drug, second), "", DRUG_ORDER, (drug,))


def _agent(row: str, value: str, rxnorm: str) -> Sent:
    drug = medication("MedicationRequest", rxnorm)
    return Sent(row, "planned_tace_agent", value, (drug, order("314617008")), "", DRUG_ORDER, (drug,))


def _site(code: str) -> Json:
    return concept(SNOMED, code)


def rows() -> Iterator[Sent]:
    """One entry for each row, in the order of the table."""
    yield from _tumour()
    yield from _function_and_extent()
    yield from _history()
    yield from _laboratory()
    yield from _plans()


def _tumour() -> Iterator[Sent]:
    yield _diagnosis("diagnosis-nen", "diagnosis", "nen", "C7A.8", "255046005")
    yield _diagnosis("diagnosis-hcc", "diagnosis", "hcc", "C22.0")
    yield _coded(
        "diagnosis-nen-morphology",
        "diagnosis",
        "nen",
        "31206-6",
        ("urn:oid:2.16.840.1.113883.6.43.1", "8246/3"),
        "8246/3^^ICDO3",
    )
    yield _diagnosis("liver-metastases", "liver_metastases", True, "C78.7", "94381002")
    liver, lung = (condition("128462008", system=SNOMED, bodySite=[_site(code)]) for code in ("10200004", "39607008"))
    yield Sent("liver-metastases-by-site", "liver_metastases", True, (liver,), "", NO_SITE_OF_DIAGNOSIS, (lung,))
    yield _diagnosis("differentiation-well", "differentiation", "well", sct="1288045008")
    yield _diagnosis("differentiation-poor", "differentiation", "poor", "C7A.1", "123631000119103")
    yield _coded(
        "differentiation-morphology",
        "differentiation",
        "poor",
        "59847-4",
        ("http://terminology.hl7.org/CodeSystem/icd-o-3", "8013/3"),
        "8013/3^^ICDO3",
    )
    yield _coded("who-grade", "who_grade", "G2", "33732-9", (SNOMED, "1663004"), "1663004^^SCT")
    yield _number("ki67", "ki67_percent", "29593-1", ("2.5", "%"), "2.5", ("29593-1", "0.025", "1"))
    yield _diagnosis("primary-midgut", "primary_site", "midgut", "C7A.012", "737313007")
    yield _diagnosis("primary-pancreas", "primary_site", "pancreas", "C25.4", "1287665004")
    yield _diagnosis("primary-other-gi", "primary_site", "other_gi", "C7A.092", "276808007")
    yield _diagnosis("primary-colon", "primary_site", either("midgut", "other_gi"), "C7A.024")
    yield _diagnosis("primary-foregut", "primary_site", either("pancreas", "other_gi", "lung", "other"), "C7A.094")
    yield _diagnosis("primary-lung", "primary_site", "lung", "C7A.090", "722528008")
    yield _diagnosis("primary-elsewhere", "primary_site", "other", "C7A.091")
    yield _variant()


def _variant() -> Sent:
    def panel(gene: str) -> Resource:
        studied: Json = {
            "code": concept("http://loinc.org", "48018-6"),
            "valueCodeableConcept": concept("http://www.genenames.org", gene),
        }
        return observation("69548-6", valueCodeableConcept=concept("http://loinc.org", "LA9633-4"), component=[studied])

    def results(gene: str, of: str = "1") -> str:
        return report(
            obx("48018-6^^LN", f"{gene}^^HGNC", kind="CWE", sub=of),
            obx("69548-6^^LN", "LA9633-4^Present^LN", kind="CWE", sub="1", number=2),
        )

    return Sent(
        "daxx-atrx-variant",
        "daxx_atrx_status",
        "mutated_or_lost",
        (panel("HGNC:886"),),
        results("HGNC:2681"),
        lacking=(panel("HGNC:7989"),),
        lacking_hl7=(results("HGNC:7989"), results("HGNC:886", of="2")),
    )


def _function_and_extent() -> Iterator[Sent]:
    pet = procedure("82918005", usedCode=[concept(SNOMED, "724025002")])
    yield _procedure("sstr-pet", "sstr_imaging_modality", "dota_pet_ct", "764695006")
    yield Sent(
        "sstr-pet-by-tracer", "sstr_imaging_modality", "dota_pet_ct", (pet,), "", NO_AGENT, (procedure("82918005"),)
    )
    yield _billed_pet()
    yield _above("serotonin-high", "serotonin_high", "2940-5", "512", "ng/mL", "50-200")
    yield _above("hiaa-high", "hiaa_high", "1695-6", "60", "mg/(24.h)", "<6.0")
    yield _diagnosis("functional-carcinoid", "functional_status", "carcinoid_syndrome", "E34.00", "36222008")
    yield _diagnosis("functional-insulinoma", "functional_status", "insulinoma", sct="25324008")
    yield _diagnosis("functional-other", "functional_status", "other_functional", sct="302823005")
    crisis = condition("237833006", system=SNOMED, recordedDate="2026-01-12T08:00:00Z")
    yield Sent(
        "carcinoid-crisis", "carcinoid_crisis_active", True, (crisis,), dg1("237833006^^SCT", "20260112080000+0000")
    )
    yield _diagnosis(
        "extrahepatic-metastasis", "extrahepatic_disease", either("stable", "progressive"), "C7B.03", "94222008"
    )
    yield _lesion()
    yield _coded(
        "overall-disease-status",
        "overall_disease_status",
        "worsened",
        "97509-4",
        (SNOMED, "271299001"),
        "271299001^^SCT",
    )


def _billed_pet() -> Sent:
    tracer = procedure("A9587", id="t", system="http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets")
    scan = procedure("78815", id="s", system=CPT)
    day_before: Resource = {**scan, "performedDateTime": "2026-01-09T08:00:00Z"}
    return Sent(
        "sstr-pet-billing",
        "sstr_imaging_modality",
        "dota_pet_ct",
        (tracer, scan),
        pr1("A9587^^HCPCS", "78816^^C4"),
        lacking=(tracer, day_before),
        lacking_hl7=(pr1("A9587^^HCPCS"),),
    )


def _above(row: str, fact: str, code: str, value: str, unit: str, limits: str) -> Sent:
    high: Json = [concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "H")]
    resource = laboratory(code, float(value), unit, interpretation=high)
    return Sent(row, fact, True, (resource,), report(obx(f"{code}^^LN", value, unit, range=limits)))


def _lesion() -> Sent:
    def size(site: str) -> tuple[Resource, str]:
        resource = laboratory("33728-7", 41, "mm", **({"bodySite": _site(site)} if site else {}))
        return resource, report(obx("21889-1^^LN", "4.1", "cm", site=f"{site}^^SCT" if site else ""))

    (liver, in_liver), (bare, nowhere), (lung, in_lung) = size("10200004"), size(""), size("39607008")
    del bare
    return Sent(
        "largest-liver-lesion", "largest_lesion_cm", Decimal("4.1"), (liver,), in_liver, "", (lung,), (nowhere, in_lung)
    )


def _history() -> Iterator[Sent]:
    given = medication("MedicationAdministration", "7617")
    yield Sent("ssa-given", "ssa_status", either("controlled", "progressed"), (given,), rxa("68092^^RXNORM"))
    taken = medication("MedicationAdministration", "1999687")
    yield Sent("prrt-agent-given", "prior_prrt", True, (taken,), rxa("781259000^^SCT"))
    lutetium = procedure("427541000119103", usedCode=[concept(SNOMED, "781259000")])
    yield Sent("prrt-procedure", "prior_prrt", True, (lutetium,), "", NO_AGENT, (procedure("427541000119103"),))
    yield _procedure("prior-tace", "prior_liver_directed", some("ctace", "deb_tace"), "314617008")
    yield _embolised_with_drug()
    hepatic = procedure("57238002", bodySite=[_site("76015000")])
    elsewhere = procedure("57238002", bodySite=[_site("69105007")])
    yield Sent("prior-tae", "prior_liver_directed", has("tae"), (hepatic,), "", NO_SITE, (elsewhere,))
    yield _procedure("prior-tare", "prior_liver_directed", some(*TARE), "764677008")
    spheres = procedure("228697004", usedCode=[concept(SNOMED, "409105003")])
    yield Sent(
        "prior-tare-by-agent", "prior_liver_directed", some(*TARE), (spheres,), "", NO_AGENT, (procedure("228697004"),)
    )
    yield Sent(
        "prior-tare-billing",
        "prior_liver_directed",
        # The embolisation code beside it still says its own, wider group; that adds nothing to the narrower one.
        {"has": [], "one_of": [TRANSARTERIAL, TARE], "complete": False},
        (procedure("79445", id="a", system=CPT), procedure("37243", id="b", system=CPT)),
        pr1("79445^^C4", "37243^^C4"),
        lacking=(procedure("79445", system=CPT),),
        lacking_hl7=(pr1("79445^^C4"),),
    )
    yield _procedure("prior-embolisation-billing", "prior_liver_directed", some(*TRANSARTERIAL), cpt="37243")
    yield _occluded_artery()
    yield _procedure("prior-thermal-ablation", "prior_liver_directed", has("thermal_ablation"), "609232008", "47382")
    liver = procedure("879916008", bodySite=[_site("10200004")])
    yield Sent(
        "prior-rfa-of-liver",
        "prior_liver_directed",
        has("thermal_ablation"),
        (liver,),
        "",
        NO_SITE,
        (procedure("879916008"),),
    )
    yield _procedure("prior-resection", "prior_liver_directed", has("resection"), "71273005")
    yield from _biliary()


def _embolised_with_drug() -> Sent:
    embolised = procedure("57238002")
    drug = medication("MedicationAdministration", "3639")
    day_before: Resource = {**drug, "effectiveDateTime": "2026-01-09T08:00:00Z"}
    segment = "PR1|1||57238002^^SCT||20260110080000+0000"
    return Sent(
        "prior-embolisation-with-drug",
        "prior_liver_directed",
        some("ctace", "deb_tace"),
        (embolised, drug),
        rxa("3639^^RXNORM", segment),
        lacking=(embolised, day_before),
        lacking_hl7=(pr1("57238002^^SCT"), rxa("7617^^RXNORM", segment)),
    )


def _occluded_artery() -> Sent:
    pcs = "http://www.cms.gov/Medicare/Coding/ICD10"
    for_liver = procedure("04L33DZ", system=pcs, reasonCode=[concept(ICD10CM, "C7B.02")])
    for_bleeding = procedure("04L33DZ", system=pcs, reasonCode=[concept(ICD10CM, "K92.2")])
    return Sent(
        "prior-embolisation-hepatic-artery",
        "prior_liver_directed",
        some(*TRANSARTERIAL),
        (for_liver,),
        pr1("04L33DZ^^I10P", reason="C78.7^^I10C"),
        lacking=(for_bleeding,),
        lacking_hl7=(pr1("04L33DZ^^I10P"), pr1("04L33DZ^^I10P", reason="K92.2^^I10C")),
    )


def _biliary() -> Iterator[Sent]:
    fact = "biliary_instrumentation"
    yield _procedure("biliary-sphincterotomy", fact, has("sphincterotomy"), "37403009")
    yield _procedure("biliary-sphincterotomy-and-stent", fact, has("sphincterotomy", "biliary_stent"), "174615000")
    yield _procedure("biliary-stent", fact, has("biliary_stent"), "174662007", "47538")
    both = has("biliary_enteric_anastomosis", "biliary_stent")
    yield _procedure("biliary-anastomosis-and-stent", fact, both, "1268402000")
    yield _procedure("biliary-drain", fact, has("biliary_drain"), "235568004", "47536")
    yield _procedure("biliary-anastomosis", fact, has("biliary_enteric_anastomosis"), "301704008")
    yield _procedure("whipple", fact, has("whipple"), "116241004")


def _laboratory() -> Iterator[Sent]:
    yield _number("bilirubin", "bilirubin_mg_dl", "1975-2", ("2.0", "mg/dL"), "2", ("14631-6", "34.2", "umol/L"))
    yield _number("albumin", "albumin_g_dl", "1751-7", ("3.5", "g/dL"), "3.5", ("1751-7", "35", "g/L"))
    yield _number("creatinine", "creatinine_mg_dl", "2160-0", ("1.5", "mg/dL"), "1.5", ("14682-9", "132.6", "umol/L"))
    yield _number("ast", "ast_u_l", "1920-8", ("40", "U/L"), "40", ("30239-8", "40", "IU/L"))
    yield _number("ldh", "ldh_u_l", "2532-0", ("240", "U/L"), "240", ("2532-0", "4", "ukat/L"))
    yield _number("platelets", "platelets_10e9_l", "777-3", ("100", "10*3/uL"), "100", ("26515-7", "100000", "/uL"))
    yield _number("neutrophils", "neutrophils", "751-8", ("4.2", "10*3/uL"), "4.2", ("26499-4", "4200", "/uL"))
    yield _number("lymphocytes", "lymphocytes", "731-0", ("1.4", "10*9/L"), "1.4", ("26474-7", "1.4", "K/uL"))
    yield _number("neutrophils-share", "neutrophils_percent", "770-8", ("60", "%"), "60", ("26511-6", "60", "%"))
    yield _number("lymphocytes-share", "lymphocytes_percent", "736-9", ("20", "%"), "20", ("26478-8", "20", "%"))
    yield _diagnosis("ascites", "ascites", True, "R18.8", "389026000")
    yield _diagnosis("ascites-malignant", "ascites", True, "R18.0", "236005001")
    yield _diagnosis("portal-vein-thrombosis", "portal_vein_thrombosis", True, "I81", "17920008")
    yield _number("lvef", "lvef_percent", "8806-2", ("55", "%"), "55", ("18043-0", "55", "%"))
    yield _number("ecog", "ecog", "89247-1", ("1", "{score}"), "1", ("42800-3", "1", ""))


def _plans() -> Iterator[Sent]:
    yield _order("planned-tace", some("ctace", "deb_tace"), "314617008")
    hepatic = order("57238002", bodySite=[_site("76015000")])
    no_site = "an OBR has no body site of the procedure"
    yield Sent("planned-tae", "planned_therapies", has("tae"), (hepatic,), "", no_site, (order("57238002"),))
    yield _order("planned-tare", some(*TARE), "764677008")
    liver, kidney = (order("57238002", bodySite=[_site(code)]) for code in ("10200004", "64033007"))
    embolised = some("tae", "ctace", "deb_tace")
    yield Sent("planned-embolisation-of-liver", "planned_therapies", embolised, (liver,), "", no_site, (kidney,))
    yield _order("planned-tare-other-codes", some(*TARE), cpt="79445")
    yield _order("planned-tare-microspheres", some(*TARE), "764678003")
    occluded = order("04L33DZ", system="http://www.cms.gov/Medicare/Coding/ICD10")
    yield Sent(
        "planned-embolisation-hepatic-artery",
        "planned_therapies",
        some(*TRANSARTERIAL),
        (occluded,),
        omg("04L33DZ^^I10P"),
    )
    yield _order("planned-embolisation-billing", some(*TRANSARTERIAL), cpt="37243")
    yield _order("planned-thermal-ablation", has("thermal_ablation"), "428115007", "47382")
    yield _order("planned-rfa", has("rfa"), "708625004")
    yield _order("planned-mwa", has("mwa"), "609232008")
    yield _order("planned-cryoablation", has("cryoablation"), "1255425001")
    yield _order("planned-ethanol-injection", has("pei"), "433876005")
    yield _order("planned-resection", has("resection"), "71273005")
    yield _order("planned-transplant", has("liver_transplant"), "18027006")
    yield _drug("planned-prrt", "prrt_iv", "1999687")
    yield _drug("planned-ssa", "ssa", "7617")
    yield _drug("planned-everolimus", "everolimus", "141704")
    yield _drug("planned-sunitinib", "sunitinib", "357977")
    yield _drug("planned-checkpoint-inhibitor", "ici", "1547545")
    yield _drug("planned-cabozantinib", "targeted_agent", "1363268")
    yield _captem("planned-captem-temozolomide", "37776", "194000")
    yield _captem("planned-captem-capecitabine", "200328", "313209")
    yield _drug("planned-chemotherapy", "chemotherapy", "4492")
    yield _agent("planned-agent-doxorubicin", "doxorubicin", "3639")
    yield _agent("planned-agent-cisplatin", "cisplatin", "2555")
    yield _agent("planned-agent-mitomycin", "mitomycin_c", "1740894")
    yield _agent("planned-agent-streptozocin", "streptozocin", "239180")
    yield _drug("planned-epinephrine", "epinephrine", "3992", "planned_vasopressors")
    yield _drug("planned-norepinephrine", "norepinephrine", "7512", "planned_vasopressors")
