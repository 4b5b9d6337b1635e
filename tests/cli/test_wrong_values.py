"""What wrong values bring up, as a person is shown it: `pytest --update-golden` rewrites the expectations."""

from dataclasses import replace

import pytest

from tests.cli.wrong_values import ROOT, Reader, list_files, read_cases, write_cases

FILES = list_files()
LEAST = 150
FILE_LINES = 300


@pytest.fixture(scope="module")
def reader():
    return Reader()


@pytest.mark.parametrize("area", FILES)
def test_wrong_values_are_told_as_written_down(area, reader, tmp_path, monkeypatch, pytestconfig):
    monkeypatch.chdir(ROOT)
    cases = list(read_cases(FILES[area]))
    found = write_cases([replace(case, shown=reader.show(case, tmp_path)) for case in cases])
    if pytestconfig.getoption("--update-golden"):
        FILES[area].write_text(found, encoding="utf-8")
    assert found == FILES[area].read_text(encoding="utf-8")


def test_the_folder_covers_much_and_is_easy_to_read():
    cases = [(area, case) for area, file in FILES.items() for case in read_cases(file)]
    assert len(cases) >= LEAST
    names = [(area, case.name) for area, case in cases]
    assert len(set(names)) == len(names)
    for area, file in FILES.items():
        assert len(file.read_text(encoding="utf-8").splitlines()) < FILE_LINES, area


def test_every_case_is_told_with_what_to_do():
    for area, file in FILES.items():
        for case in read_cases(file):
            assert case.shown, f"{area}: {case.name}: nothing is found"
            heads = [
                index for index, line in enumerate(case.shown) if ": error: " in f": {line}" or "warning: " in line
            ]
            assert heads, f"{area}: {case.name}"
            for index in heads:
                is_advised = case.shown[index + 1 : index + 2] and case.shown[index + 1].startswith("    ")
                is_usage = case.shown[index].startswith("error: ")
                assert is_advised or is_usage, f"{area}: {case.name}: {case.shown[index]} says not what to do"
