"""Everything a browser or an API client touches; portal.app puts it together."""
