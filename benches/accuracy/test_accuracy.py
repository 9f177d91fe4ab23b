"""Tests the counts of the scripts on small sets: python3 -m unittest discover benches/accuracy"""

import os
import tempfile
import unittest

import cases
import creddata
import ordinary
import page
import per_rule


def case(number, provider, expect, **more):
    return {"id": f"c{number}", "path": f"src/{number}.txt", "text": "x", "provider": provider, "expect": expect, **more}


def finding(path, rule, first=1, last=None):
    return {"path": path, "rule": rule, "start_line": first, "end_line": last or first}


CASES = [
    case(1, "acme", True),
    case(2, "acme", True),
    case(3, "other", True),
    case(4, "other", True, weak=True),
    case(5, "acme", False),
    case(6, "acme", False, dubious=True),
]


class Cases(unittest.TestCase):
    def test_weak_and_dubious_cases_do_not_count(self):
        found = [finding(f"src/{number}.txt", "acme-key") for number in (1, 4, 5, 6)]
        figures = cases.totals(CASES, found)
        self.assertEqual((figures["found"], figures["secrets"]), (1, 3))
        self.assertEqual((figures["false_positives"], figures["harmless"]), (1, 1))

    def test_each_provider_weighs_the_same(self):
        found = [finding("src/1.txt", "acme-key")]
        self.assertEqual(cases.of_providers(CASES, cases.rules_by_path(found)), {"acme": (2, 1), "other": (1, 0)})
        self.assertEqual(cases.totals(CASES, found)["provider_mean"], 0.25)

    def test_cases_that_only_one_rule_finds_are_listed(self):
        found = [finding("src/1.txt", "a"), finding("src/1.txt", "b"), finding("src/2.txt", "a")]
        rules = cases.of_rules(CASES, found)
        self.assertEqual(rules["a"], {"found": ["c1", "c2"], "only": ["c2"], "false_positives": []})
        self.assertEqual(rules["b"]["only"], [])

    def test_a_tree_has_one_file_for_each_case(self):
        with tempfile.TemporaryDirectory() as folder:
            cases.write_tree(CASES, folder)
            with open(os.path.join(folder, "src/3.txt"), encoding="utf-8") as file:
                self.assertEqual(file.read(), "x\n")


def label(number, first, last, true, category="Password"):
    return creddata.Label(number, "data/a", first, last, true, frozenset([category]))


class CredData(unittest.TestCase):
    LABELS = [label(0, 1, 3, True), label(1, 3, 3, True, "UUID"), label(2, 7, 7, False), label(3, 9, 9, True)]

    def test_a_span_finds_every_true_label_that_it_overlaps(self):
        figures = creddata.totals(self.LABELS, [finding("data/a", "r", 3, 7)])["all labels"]
        self.assertEqual((figures["true"], figures["found"], figures["false"]), (3, 2, 0))

    def test_a_span_on_false_labels_alone_is_a_false_positive(self):
        found = [finding("data/a", "r", 7), finding("data/a", "s", 7), finding("data/a", "r", 20), finding("data/a", "r", 9)]
        figures = creddata.totals(self.LABELS, found)["all labels"]
        self.assertEqual((figures["found"], figures["false"], figures["precision"]), (1, 1, 0.5))
        self.assertEqual(creddata.of_rules(self.LABELS, found)["s"], {"labels": 0, "false": 1, "unlabelled": 0})

    def test_identifiers_are_excluded_from_the_other_parts(self):
        figures = creddata.totals(self.LABELS, [])
        self.assertEqual([figures[part]["true"] for part in creddata.PARTS], [3, 2, 0])


ROW = {"repository": "r", "path": "p", "line": "4", "rule": "a", "hash": "h", "verdict": "false", "reason": "x"}


class Verdicts(unittest.TestCase):
    def test_a_verdict_applies_to_a_moved_line_and_another_rule(self):
        for change in ({}, {"line": "9"}, {"line": "9", "rule": "b"}):
            self.assertIs(ordinary.Verdicts([ROW]).find({**ROW, **change}), ROW)

    def test_another_text_has_no_verdict(self):
        for change in ({"hash": "i"}, {"path": "q"}, {"repository": "s"}):
            verdicts = ordinary.Verdicts([ROW])
            self.assertIsNone(verdicts.find({**ROW, **change}))
            self.assertEqual(verdicts.unused(), 1)

    def test_every_verdict_is_valid_and_has_a_reason(self):
        rows = ordinary.read_table(ordinary.VERDICT_FILE)
        names = {row["name"] for row in ordinary.read_table(ordinary.REPOSITORIES)}
        for row in rows:
            self.assertEqual(list(row), ordinary.FIELDS)
            self.assertIn(row["verdict"], ordinary.VERDICTS, row)
            self.assertIn(row["repository"], names)
            self.assertTrue(row["reason"], row)
        places = [tuple(row[field] for field in ordinary.FIELDS[:5]) for row in rows]
        self.assertEqual(len(places), len(set(places)))


class Pages(unittest.TestCase):
    def test_only_the_named_part_is_replaced(self):
        text = "a\n<!-- x: generated -->\nold\n<!-- x: end -->\nb\n"
        self.assertEqual(
            page.replace(text, "x", "new\n"), "a\n<!-- x: generated -->\n\nnew\n\n<!-- x: end -->\nb\n"
        )
        with self.assertRaises(SystemExit):
            page.replace(text, "y", "new")

    def test_the_pages_have_every_part(self):
        for name, parts in (
            ("accuracy.md", ["totals", "categories", "repositories", "findings"]),
            ("accuracy-per-rule.md", ["rules", "silent", "providers"]),
        ):
            with open(os.path.join(page.DOCS, name), encoding="utf-8") as file:
                text = file.read()
            for part in parts:
                page.replace(text, part, "new")


class Compare(unittest.TestCase):
    def test_gained_and_lost_cases_of_a_rule_are_listed(self):
        def result(found, false_positives):
            rule = {"found": found, "only": [], "false_positives": false_positives}
            return {"rules": {"a": {}}, "tiers": {"default": {"cases_by_rule": {"a": rule}}, "low": {}}}

        old, new = result(["c1", "c2"], []), result(["c2", "c3"], ["c9"])
        self.assertEqual(
            per_rule.changes(old, new), ["default: a: +1 found (c3), -1 found (c1), +1 false positives (c9)"]
        )
        self.assertEqual(per_rule.changes(old, old), [])


if __name__ == "__main__":
    unittest.main()
