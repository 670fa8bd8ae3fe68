"""A tool that refuses in one sentence what it does not understand."""

from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import ValidationError

from insights_assets.model.sanitize import one_line

READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
LONGEST_NAME = 64


class StrictTool(Tool):
    """Refuses arguments that it does not have: what they asked for would go unanswered unsaid.

    Its schema forbids them as well, and every refusal is a sentence instead of a list of errors.
    """

    @classmethod
    def reading(cls, title: str, fn: Callable[..., Any], category_ids: list[str]) -> Tool:
        """Return the tool of a function that only reads; its schema names the categories."""
        tool = cls.from_function(fn, title=title, annotations=READ_ONLY)
        tool.parameters["additionalProperties"] = False
        if "category_id" in tool.parameters["properties"]:
            named = tool.parameters["properties"]["category_id"]
            named["description"] += f" The categories are {', '.join(category_ids)}."
        return tool

    async def run(
        self,
        arguments: dict[str, Any],
        context: Context[Any, Any],
        convert_result: bool = False,  # noqa: FBT001, FBT002 - as the class above has it
    ) -> Any:  # noqa: ANN401 - likewise
        """Run the tool; raise ToolError with one sentence for arguments that do not fit."""
        known = list(self.parameters["properties"])
        for name in arguments:
            if name not in known:
                rest = f"it has {', '.join(known)}" if known else "it has none"
                raise ToolError(f"{_short(name)} is not an argument of {self.name}; {rest}.")
        try:
            return await super().run(arguments, context, convert_result)
        except UnexpectedToolError:
            raise
        except ToolError as error:
            if isinstance(error.__cause__, ToolError):
                raise error.__cause__ from None  # without the prefix of the class above
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(_sentence(error.__cause__)) from None
            raise


def _sentence(error: ValidationError) -> str:
    """Say what is wrong with the first argument that is."""
    first = error.errors(include_url=False, include_input=False)[0]
    name = _short(".".join(str(part) for part in first["loc"]))
    return f"{name}: {one_line(first['msg'])[0].lower()}{one_line(first['msg'])[1:]}."


def _short(name: str) -> str:
    return ascii(name[:LONGEST_NAME])
