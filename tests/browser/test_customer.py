"""A customer's ticket from creation to reopening; internal notes stay hidden."""

from playwright.sync_api import expect

from tests.browser.conftest import Opener

SECRET = "Only colleagues may read this, ever."


def test_a_ticket_from_its_opening_to_its_reopening(open_as: Opener, people):
    page = open_as("customer", "/help/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="New ticket").click()
    page.get_by_label("What is it about?").fill("The label printer jams")
    page.get_by_label("Topic").select_option(label="Hardware")
    page.get_by_label("What happened?").fill("Every second label.\n<b>Not bold</b>")
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/help/tickets/*")
    number = int(page.url.rsplit("/", 1)[1])
    expect(page.get_by_role("heading", level=1)).to_have_text("The label printer jams")
    expect(page.get_by_text("<b>Not bold</b>")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Home").click()
    listed = page.get_by_role("link", name="The label printer jams").first
    expect(listed).to_contain_text("Received")

    answer = {"kind": "reply", "body": "Clean the roller once.", "status": "pending"}
    agent = people["agent"]
    agent.post(f"/desk/tickets/{number}/reply", version=agent.version(number), **answer)
    note = {"kind": "note", "body": SECRET, "status": "pending"}
    agent.post(f"/desk/tickets/{number}/reply", version=agent.version(number), **note)

    page.reload()
    expect(listed).to_contain_text("Waiting for your answer")
    listed.click()
    talk = page.get_by_role("list", name="Messages")
    expect(talk.get_by_role("listitem")).to_have_count(2)
    expect(talk).to_contain_text("Clean the roller once.")
    expect(page.locator(".steps [aria-current=step]")).to_contain_text("Your answer")
    assert SECRET not in page.content()

    page.get_by_label("Your reply").fill("That helped for a day.")
    page.get_by_role("button", name="Send reply").click()
    expect(talk.get_by_role("listitem")).to_have_count(3)
    state = page.locator(".props .st")
    expect(state).to_have_text("We are on it")
    expect(page.get_by_label("Your reply")).to_have_value("")

    page.get_by_role("button", name="Mark as solved").click()
    expect(state).to_have_text("Solved")
    expect(page.get_by_role("button", name="Mark as solved")).to_have_count(0)
    page.get_by_label("Your reply").fill("It is back again.")
    page.get_by_role("button", name="Send reply").click()
    expect(state).to_have_text("We are on it")
    expect(talk).to_contain_text("It is back again.")
    assert SECRET not in page.content()


def test_a_customer_reaches_no_page_of_the_desk_and_no_ticket_of_others(open_as: Opener, watch, people):
    watch.expected |= {403, 404}
    page = open_as("customer")
    for path in ("/desk/tickets/", "/desk/tickets/1", "/desk/new", "/reports/", "/admin/users/"):
        assert page.goto(path).status == 403, path
        expect(page.get_by_role("heading", level=1)).to_have_text("You do not have access")
    written = {"subject": "An agent's own", "body": "Not the customer's.", "priority": "normal"}
    foreign = people["agent"].post("/desk/new", requester_text=people["agent"].email, **written)
    for number in (foreign.url.rsplit("/", 1)[1], "999999"):
        assert page.goto(f"/help/tickets/{number}").status == 404
        expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")


def test_a_refused_form_keeps_what_was_written(open_as: Opener, watch):
    watch.expected.add(400)
    page = open_as("customer", "/help/new")
    page.get_by_label("What is it about?").fill("   ")
    page.get_by_label("What happened?").fill("It is broken.")
    page.get_by_role("button", name="Send").click()
    subject = page.get_by_label("What is it about?")
    expect(subject).to_have_attribute("aria-invalid", "true")
    expect(subject).to_be_focused()
    expect(page.locator("#f-subject-error")).to_be_visible()
    expect(page.get_by_label("What happened?")).to_have_value("It is broken.")


# Returns the left edges of the first and last characters of a text.
ENDS = """node => {
  const [range, text] = [document.createRange(), node.firstChild];
  return [0, text.data.trimEnd().length - 1].map((at) => {
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    return range.getBoundingClientRect().left;
  });
}"""


def test_words_from_right_to_left_end_on_the_left(open_as: Opener, people):
    words = "\u0627\u0644\u0641\u0627\u062a\u0648\u0631\u0629!"  # "The invoice!" in Arabic
    number = people["customer"].new_ticket(words, words)
    page = open_as("customer", f"/help/tickets/{number}")
    desk = open_as("agent", f"/desk/tickets/{number}")
    listed = open_as("agent", "/desk/tickets/?state=open")
    places = [page.locator("h1"), page.locator(".body-text"), desk.locator("h1"), desk.locator(".body-text")]
    for place in [*places, listed.locator(".two a", has_text=words).first]:
        first, last = place.evaluate(ENDS)
        assert last < first


def test_on_a_phone_the_state_is_a_word_and_the_newest_message_is_in_sight(open_as: Opener, people):
    number = people["customer"].new_ticket("Long on a phone", "\n".join(f"Line {n}" for n in range(80)))
    page = open_as("customer", "/help/tickets", viewport={"width": 390, "height": 844})
    card = page.get_by_role("link", name="Long on a phone")
    word = card.locator(".word")
    expect(word).to_be_visible()
    assert word.bounding_box()["width"] > 30
    page.goto(f"/help/tickets/{number}")
    last = page.locator(".talk > li").last
    page.wait_for_function("() => document.scrollingElement.scrollTop > 0")
    box = last.bounding_box()
    assert -1 <= box["y"] < 844
    reply = page.locator(".answer").bounding_box()
    assert reply["y"] >= box["y"] + box["height"]
