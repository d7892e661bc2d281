"""The cache of what may be a few seconds old."""

from services.caching import ShortCache


def test_values_are_kept_for_a_while():
    clock = [0.0]
    cache = ShortCache(5, lambda: clock[0])
    assert cache.get("a") is None
    assert cache.put("a", 1) == 1
    clock[0] = 5.0
    assert cache.get("a") == 1
    clock[0] = 5.1
    assert cache.get("a") is None


def test_a_dropped_value_is_read_anew():
    cache = ShortCache(5, lambda: 0.0)
    cache.put("a", 1)
    cache.drop("a")
    cache.drop("b")
    assert cache.get("a") is None


def test_a_full_cache_starts_again():
    cache = ShortCache(5, lambda: 0.0, size=3)
    for number in range(10):
        cache.put(number, number)
        assert cache.get(number) == number
    assert sum(cache.get(number) is not None for number in range(10)) <= 3
