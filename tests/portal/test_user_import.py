"""Importing people by the pages: choose, look, confirm, take the rejected lines along."""

import csv
import io

from portal.web.limits import MAX_REQUEST
from services.users.accounts import USER_CSV_BYTES
from tests.portal.pages import Page

PATH = "/admin/users/import/"
FILE = (
    "name;email;role;teams\r\n"
    "Ines;ines@import.example;agent;Billing, Devices\r\n"
    "=cmd();cmd@import.example;boss;\r\n"
    "Ines again;INES@import.example;;\r\n"
)


def upload(site, data, role="administrator"):
    sent = {"csrf_token": site.token(role), "file": (io.BytesIO(data), "people.csv")}
    return site.as_(role).post(PATH, data=sent, content_type="multipart/form-data")


def confirmed(site, page: Page, **more: str):
    form = next(form for form in page.forms if "text" in form.fields)
    return site.as_("administrator").post(form.action, data={**form.fields, **more})


def test_a_file_is_shown_confirmed_and_shown_again(site):
    page = Page(upload(site, b"\xef\xbb\xbf" + FILE.encode()).text)
    assert "Nothing has been saved yet." in page.text
    for words in ("Import 1 user", "agent · Billing, Devices", "There is no role 'boss'.",
                  "Line 2 has the same address."):  # fmt: skip
        assert words in page.text
    assert site.services.users.accounts.find_by_email("ines@import.example") is None
    done = Page(confirmed(site, page).text)
    assert "Imported, except for rejected lines." in done.text
    assert site.services.users.accounts.find_by_email("ines@import.example").team_ids == (
        "billing",
        "devices",
    )
    again = Page(upload(site, FILE.replace("Ines;", "Ines Maria;").encode()).text)
    assert "Name: Ines to Ines Maria" in again.text
    same = Page(upload(site, b"name,email\nInes,ines@import.example\n").text)
    assert "Unchanged" in same.text
    assert "Import 1" not in same.text


def test_the_rejected_lines_come_with_reasons_and_run_no_formula(site):
    page = Page(upload(site, FILE.encode()).text)
    form = next(form for form in page.forms if "text" in form.fields)
    answer = site.as_("administrator").post(f"{PATH}rejected/", data=form.fields)
    assert answer.headers["Content-Disposition"] == "attachment; filename=rejected.csv"
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(row["line"], row["name"]) for row in rows] == [("3", "'=cmd()"), ("4", "Ines again")]
    assert rows[0]["reason"] == "There is no role 'boss'."
    mended = answer.text.replace('"boss"', '"agent"')
    page = Page(upload(site, mended.encode()).text)
    confirmed(site, page)
    assert site.services.users.accounts.find_by_email("cmd@import.example").name == "=cmd()"


def test_a_file_that_is_none_is_refused_at_its_field(site):
    for data, words in (
        (b"", "The file is empty."),
        (b"\xff\xfe", "Save it as CSV UTF-8."),
        (b"name,email\n" + b"x" * USER_CSV_BYTES, "more than 400 KB"),
    ):
        answer = upload(site, data)
        assert answer.status_code == 400
        assert words in Page(answer.text).text
    too_large = {"data": b"x" * (MAX_REQUEST + 1), "content_type": "multipart/form-data; boundary=x"}
    assert site.as_("administrator").post(PATH, **too_large).status_code == 413
    forged = site.post("administrator", PATH, step="import", text="")
    assert forged.status_code == 400


def test_only_those_who_edit_people_import_them(site):
    for role in ("customer", "agent", "manager"):
        assert site.as_(role).get(PATH).status_code == 403
        for path in (PATH, f"{PATH}rejected/"):
            assert site.post(role, path, step="import", text=FILE).status_code == 403
