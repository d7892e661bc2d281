"""What stands on the page until Dash has started: the same boxes, empty, so that nothing moves later."""

_TILES = '<div class="tile"></div>' * 6
# For the bar of the portal's page; the script fills in the age and copies the address.
ACTIONS = (
    '<span class="data-age" id="data-age" hidden></span>'
    '<button class="btn" id="copy-link" type="button"><span aria-live="polite">Copy link</span></button>'
)
SKELETON = (
    '<div class="report" aria-busy="true"><div class="sub report-filters"></div><div class="report-body">'
    '<noscript><p class="notice plain">Charts need JavaScript. '
    "The ticket list shows the same tickets without it.</p></noscript>"
    f'<div class="card tiles report-tiles">{_TILES}</div></div></div>'
)
