"""Colours as tokens: figures name them and the browser resolves them, so a new theme needs no request."""

# The fallback is the light value; it is only used if the page has no stylesheet.
FALLBACK = {
    "text": "#1B1B19",
    "text-2": "#504F4A",
    "text-3": "#6A6862",
    "line": "#E4E3DE",
    "line-strong": "#D3D1CA",
    "surface": "#FFFFFF",
    "hover": "#F3F3F0",
    "ink": "#1F1F1D",
    "on-ink": "#FFFFFF",
    "bar": "#232321",
    "series-1": "#2433B0",
    "series-2": "#D17A00",
    "series-3": "#3F9D83",
    "series-4": "#B573CE",
    "series-5": "#533D00",
}
CLEAR = "rgba(0,0,0,0)"
WHITE = "#FFFFFF"
FONT = "Inter, system-ui, sans-serif"


def token(name: str, alpha: float = 1.0) -> str:
    """Write a colour as `var(--name, fallback)`, followed by `/ alpha` if it is translucent."""
    text = f"var(--{name}, {FALLBACK[name]})"
    return text if alpha == 1.0 else f"{text} / {alpha}"
