"""The JUnit XML that tests/report.rs holds to the byte, as other tools read it."""

import pathlib
import xml.etree.ElementTree as ElementTree

REPORT = pathlib.Path(__file__).parents[1] / "report/every-kind.junit"


def test_is_xml_whose_totals_are_those_of_its_cases() -> None:
    suites = ElementTree.fromstring(REPORT.read_bytes())
    suite = suites[0]
    cases = suite.findall("testcase")
    totals = {
        "tests": len(cases),
        "failures": len(suite.findall("testcase/failure")),
        "skipped": len(suite.findall("testcase/skipped")),
        "errors": 0,
    }
    assert (suites.tag, len(suites), suite.tag) == ("testsuites", 1, "testsuite")
    assert totals["failures"] and totals["skipped"]
    for element in (suites, suite):
        assert {name: int(element.attrib[name]) for name in totals} == totals
    assert all(case.attrib["classname"] and case.attrib["name"] for case in cases)


def test_texts_come_back_as_they_were() -> None:
    skipped = next(ElementTree.fromstring(REPORT.read_bytes()).iter("skipped"))
    assert skipped.attrib["message"] == 'suppressed until 2027-01-31 by 佐藤: 100% <known> & "quoted",␊in two lines'
