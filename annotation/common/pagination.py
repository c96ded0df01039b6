"""One way to page through lists."""

from rest_framework.pagination import LimitOffsetPagination


class Pagination(LimitOffsetPagination):
    """``limit`` (50, at most 500) and ``offset``."""

    default_limit = 50
    max_limit = 500
