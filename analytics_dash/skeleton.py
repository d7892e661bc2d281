"""The placeholder until Dash has started: the same boxes, empty, so that the layout does not shift."""

_TILES = '<div class="tile"></div>' * 6
SKELETON = (
    '<div class="report" aria-busy="true"><div class="sub report-filters"></div><div class="report-body">'
    '<noscript><p class="notice plain">Charts need JavaScript. '
    "The ticket list shows the same tickets without it.</p></noscript>"
    f'<div class="card tiles report-tiles">{_TILES}</div></div></div>'
)
