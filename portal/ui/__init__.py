"""What pages share: navigation, formatting, components, the Ctrl K box, the style page."""
