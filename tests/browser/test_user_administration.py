"""User administration: an organization, an import from a file, a bulk change and the preview of a role."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener

MEMBERS = ("Pia Import,pia@way.example,Way Ltd", "Pit Import,pit@way.example,", "Bad,nowhere,")
FILE = "\n".join(("name,email,organization", *MEMBERS))


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_people_come_from_a_file_and_are_changed_together(open_as: Opener):
    page = open_as("administrator", "/admin/organizations/new/")
    page.get_by_label("Name").fill("Way Ltd")
    page.get_by_label("Members share tickets").check()
    page.get_by_label("Email domains").fill("way.example")
    press(page, "Create")
    expect(page.get_by_role("link", name="Way Ltd", exact=True)).to_be_visible()

    page.goto("/admin/users/")
    page.get_by_role("link", name="Import", exact=True).click()
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    page.get_by_label("File").set_input_files(file)
    press(page, "Preview import")
    expect(page.get_by_text("Nothing has been saved yet.")).to_be_visible()
    with page.expect_download() as download:
        press(page, "Rejected lines")
    assert '"Bad","nowhere"' in download.value.path().read_text()
    press(page, "Import 2 users")
    expect(page.get_by_text("Imported, except for rejected lines.")).to_be_visible()

    page.goto("/admin/users/?organization=way-ltd")
    page.get_by_label("Select all on this page").check()
    press(page, "Suspend")
    expect(page.get_by_text("2 users suspended.")).to_be_visible()
    expect(page.locator("tbody").get_by_text("Suspended")).to_have_count(2)
    page.get_by_label("Select all on this page").check()
    press(page, "Add to team")
    page.get_by_role("option", name="Billing").click()
    expect(page.get_by_text("2 users added to Billing.")).to_be_visible()
    expect(page.get_by_role("cell", name="Billing, Way Ltd")).to_have_count(2)


def test_a_role_is_previewed_before_it_is_saved(open_as: Opener):
    page = open_as("administrator", "/admin/roles/new/")
    page.get_by_label("Name").fill("Previewed")
    page.get_by_label("See tickets").select_option(label="Organization")
    press(page, "Preview")
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_role("heading", name="Nobody has this role yet")).to_be_visible()
    expect(preview.get_by_text("See tickets")).to_be_visible()
    expect(page.get_by_label("See tickets")).to_have_value("organization")
    press(page, "Save role")
    expect(page.get_by_role("link", name="Previewed")).to_be_visible()
