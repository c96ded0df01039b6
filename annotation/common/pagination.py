"""One way to page through lists."""

from __future__ import annotations

from typing import Any

from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request

from annotation.common.query import query_check, whole_number


class Pagination(LimitOffsetPagination):
    """``limit`` (50, at most 500) and ``offset``, beside the view's filters and its ``query_parameters``.

    Any other parameter is refused.
    """

    default_limit = 50
    max_limit = 500

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """The rows of the page that is asked for. Raises InvalidInput for a parameter that nobody reads."""
        filters = getattr(getattr(view, "filterset_class", None), "base_filters", {})
        more = getattr(view, "query_parameters", ())
        query_check(request, [*filters, *more, self.limit_query_param, self.offset_query_param])
        asked = request.query_params
        if self.limit_query_param in asked:
            # A larger limit is cut, as ever: who asks for all gets as many as there may be.
            whole_number(asked[self.limit_query_param], self.limit_query_param, 1, 10**9)
        if self.offset_query_param in asked:
            whole_number(asked[self.offset_query_param], self.offset_query_param, 0, 10**9)
        return super().paginate_queryset(queryset, request, view)
