"""What the demo's customers ask and its agents answer; all of it invented."""

TEAMS = {"billing": "Billing", "platform": "Platform", "accounts": "Accounts", "devices": "Devices"}
CATEGORIES = {
    "invoices": "Invoices",
    "refunds": "Refunds",
    "sign-in": "Sign-in",
    "integrations": "Integrations",
    "hardware": "Hardware",
    "reports": "Reports",
    "how-to": "How to",
}
AGENTS = (
    ("ana", "Ana Silva", "billing"),
    ("ben", "Ben Okafor", "billing"),
    ("dmitri", "Dmitri Volkov", "platform"),
    ("grace", "Grace Chen", "platform"),
    ("emma", "Emma Larsson", "accounts"),
    ("hugo", "Hugo Weber", "devices"),
    ("priya", "Priya Raman", "accounts"),
)
CUSTOMERS = (
    ("marta", "Marta Kowalska"),
    ("joost", "Joost van Dijk"),
    ("tomas", "Tomás Herrera"),
    ("yuki", "Yuki Tanaka"),
    ("eleanor", "Eleanor Whitfield"),
    ("amara", "Amara Diallo"),
    ("sofia", "Sofia Lindqvist"),
    ("lukas", "Lukas Brandt"),
    ("ines", "Ines Ferreira"),
    ("callum", "Callum Reid"),
    ("noor", "Noor Haddad"),
    ("oliver", "Oliver Banks"),
)
# subject, category, team, priority, what the customer wrote
ASKS = (
    ("Invoice charged twice after plan change", "invoices", "billing", "high",
     "Since we moved to the Business plan, our card was charged twice: on the 18th and again on the 19th. "
     "Can one of them be refunded before our month-end close?"),
    ("Card terminal in the Rotterdam store declines every payment", "hardware", "devices", "urgent",
     "From opening time on, the terminal answers 05 to every card. We restarted it twice already."),
    ("Sign-in loops back to the first page since this morning", "sign-in", "accounts", "urgent",
     "Everybody in our company who uses single sign-on ends up on the sign-in page again after a second."),
    ("Webhook retries stop after the third attempt", "integrations", "platform", "normal",
     "Your documentation speaks of 24 hours of retries. Ours stop after three attempts, about six minutes."),
    ("Seat count on the renewal quote does not match our contract", "invoices", "billing", "high",
     "The quote says 140 seats, our contract says 120. Which one is right?"),
    ("CSV export cuts off at 6,000 rows", "reports", "platform", "normal",
     "We export tickets once a month. This time the file ends in the middle, exactly at 6,000 rows."),
    ("Add a second approver for purchase requests", "how-to", "accounts", "low",
     "Our finance team wants two people to approve anything above 5,000. Where is that set?"),
    ("Change the VAT number on the October invoice", "invoices", "billing", "normal",
     "We merged two companies. The invoice of October needs the new VAT number to be accepted."),
    ("Where do I find the data processing agreement?", "how-to", "accounts", "normal",
     "Our auditor asks for the signed agreement. I cannot find it in the account settings."),
    ("Replacement scanner has not shipped", "hardware", "devices", "high",
     "You promised the replacement for Monday. The tracking page still says label created."),
    ("Two colleagues see different totals on the weekly report", "reports", "platform", "normal",
     "Same filters, same week, but the totals differ by eleven tickets. I can send screenshots."),
    ("Reset the second factor of a colleague who left", "sign-in", "accounts", "normal",
     "He was the only owner of the marketing workspace. How do we get in?"),
    ("Suggestion: dark mode for printed packing slips", "hardware", "devices", "low",
     "I know how that sounds. The labels on black bags are hard to read."),
    ("Bank transfer not matched yet", "refunds", "billing", "normal",
     "We paid on the 14th with the reference you gave us. The invoice is still marked as open."),
    ("API key rotated by mistake, need the audit log", "integrations", "platform", "high",
     "Somebody rotated our production key last night. Can you tell us who and from where?"),
    ("Refund for unused seats", "refunds", "billing", "normal",
     "Twelve of our seats were never used. Is a refund for the rest of the year possible?"),
)  # fmt: skip
REPLIES = (
    "Thank you for the details. I can see it on our side too and have asked the team that owns this part. "
    "You will hear from me again by tomorrow noon.",
    "I found the cause and corrected it. Could you try once more and tell me whether it works for you?",
    "That is set under Settings, Approvals. It is on now: the next request asks both people.",
    "I am sorry about this. It is on its way now; the tracking page will follow within the hour.",
)
NOTES = (
    "Same cause as last week. Asked platform to confirm before we promise a date.",
    "Checked the logs: two captures, eleven seconds apart. Safe to refund the second one.",
    "Customer called as well. Keep the tone short and concrete.",
)
THANKS = (
    "That works, thank you.",
    "Any news? We close the books tomorrow.",
    "It happened again this morning, at the same time.",
)
