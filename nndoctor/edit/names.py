"""What names stand for in one file: which imports they come from, and which values they were given.

By the syntax alone, so only as far as one file tells: what it does not tell has no value here, and is never guessed.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator, Sequence

from nndoctor.edit.source import Function, Source, is_function

MOST = 200
"""So many expressions are looked at for one name; what leads further stands for nothing that can be told."""
DEEPEST = 4
"""So many attributes of attributes are followed."""

THEMSELVES = (
    "to", "cuda", "cpu", "train", "eval", "float", "double", "half", "requires_grad_", "apply", "share_memory",
)  # fmt: skip
"""Methods of a module that give it back."""

WRAPPERS = ("torch.compile", "torch.nn.DataParallel", "torch.nn.parallel.DistributedDataParallel", "torch.jit.script")


class Names:
    """The names of one file."""

    def __init__(self, source: Source) -> None:
        """Reads the imports."""
        self.source = source
        self.imports = dict(_imports(source.tree))
        nodes = list(ast.walk(source.tree))
        self.functions = [node for node in nodes if is_function(node)]
        self.classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
        self.statements = [node for node in nodes if isinstance(node, ast.stmt)]
        self.calls = [node for node in nodes if isinstance(node, ast.Call)]
        self._stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        self._stored |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        self._asked: list[ast.expr] = []
        self._known: dict[tuple[Function | None, str], list[ast.expr]] = {}

    def dotted(self, node: ast.AST | None) -> str:
        """The full name of what was imported: `F.softmax` is torch.nn.functional.softmax. "" for all else."""
        match node:
            case ast.Name(id=name):
                return self.imports.get(name, "")
            case ast.Attribute(value=value, attr=attr):
                outer = self.dotted(value)
                return f"{outer}.{attr}" if outer else ""
        return ""

    def is_torchs(self, node: ast.AST | None, *names: str) -> bool:
        """Whether it is something of torch's, or of Keras', by one of these names, in whatever module it lies."""
        module, _, name = self.dotted(node).rpartition(".")
        return module.partition(".")[0] in ("torch", "keras") and name in names

    def is_given(self, node: ast.expr) -> bool:
        """Whether it is a value of this file's own: no import, and no name that comes from nowhere."""
        if not isinstance(node, ast.Name):
            return not self.dotted(node)
        return node.id not in self.imports and node.id in self._stored

    def spelled(self, dotted: str) -> str:
        """How this file can write something of torch's; "" where no import of it reaches there."""
        ways = [
            f"{alias}{dotted.removeprefix(known)}"
            for alias, known in self.imports.items()
            if dotted == known or dotted.startswith(f"{known}.")
        ]
        return min(ways, key=len, default="")

    def values(self, node: ast.expr) -> list[ast.expr]:
        """The expressions that a node may stand for in the end: calls, constants and what can't be followed."""
        found, seen, waiting = list[ast.expr](), set[ast.expr](), deque([node])
        while waiting and len(seen) < MOST:
            one = waiting.popleft()
            if one not in seen:  # a circle leads nowhere
                seen.add(one)
                further = self._behind(one)
                waiting += further
                found += [] if further else [one]
        return [] if waiting else found

    def _behind(self, node: ast.expr) -> list[ast.expr]:
        """What a node stands for directly; nothing where it is the end of the way."""
        match node:
            case ast.Name() | ast.Attribute() if not self.dotted(node):
                return self._given(node)
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in THEMSELVES and not self.dotted(value):
                return [value]
            case ast.Call(func=func, args=[first, *_]) if self.dotted(func) in WRAPPERS:
                return [first]
            case ast.Call(func=ast.Name() as func) if (made := self.defined(func.id)) is not None:
                return [one.value for one in ast.walk(made) if isinstance(one, ast.Return) and one.value is not None]
        return []

    def calls_behind(self, node: ast.expr) -> list[ast.Call]:
        """The calls that may have made what a node stands for, each once."""
        return list(dict.fromkeys(value for value in self.values(node) if isinstance(value, ast.Call)))

    def defined(self, name: str) -> Function | None:
        """The one function of the file by that name that a plain call of it means."""
        found = [one for one in self.functions if one.name == name]
        plain = [one for one in found if not isinstance(self.source.parent(one), ast.ClassDef)]
        return plain[0] if len(plain) == 1 else None

    def owner(self, node: ast.AST) -> tuple[ast.ClassDef, str] | None:
        """The class in whose method a node stands, and the method's name for the object itself."""
        function = self.source.function(node)
        while function is not None:
            outer = self.source.parent(function)
            if isinstance(outer, ast.ClassDef):
                first = [*function.args.posonlyargs, *function.args.args][:1]
                return (outer, first[0].arg) if first else None
            function = self.source.function(function)
        return None

    def _given(self, node: ast.Name | ast.Attribute) -> list[ast.expr]:
        match node:
            case ast.Name(id=name):
                where = self.source.function(node), name
                if where not in self._known:
                    self._known[where] = self._of_name(name, node)
                return self._known[where]
            case ast.Attribute(value=ast.Name(id=name), attr=attr):
                owner = self.owner(node)
                if owner is not None and owner[1] == name:
                    return self._of_attribute(owner[0], attr)
        if node in self._asked or len(self._asked) > DEEPEST:
            return []
        self._asked.append(node)
        try:
            makers = [made.func for made in self.values(node.value) if isinstance(made, ast.Call)]
        finally:
            self._asked.pop()
        names = {maker.id for maker in makers if isinstance(maker, ast.Name)}
        kinds = [kind for kind in self.classes if kind.name in names]
        return [value for kind in kinds for value in self._of_attribute(kind, node.attr)]

    def _of_name(self, name: str, near: ast.AST) -> list[ast.expr]:
        """What a name is given in the innermost scope that gives it anything."""
        scope: ast.AST | None = self.source.function(near)
        while scope is not None:
            assert is_function(scope)  # noqa: S101 - for the type
            found = self._assigned(scope, name)
            if name in _parameters(scope):
                found += self._handed(scope, name)
            if found or name in _parameters(scope) or _is_loop_variable(scope, name):
                return found
            scope = self.source.function(scope)
        return self._assigned(self.source.tree, name)

    def _assigned(self, scope: ast.Module | Function, name: str) -> list[ast.expr]:
        """The values given to a name in a scope; a value made of the name itself is what it was before."""
        given = []
        for node in _of_scope(scope):
            for target, value in _pairs(node):
                if isinstance(target, ast.Name) and target.id == name:
                    given.append(value)
        return [value for value in given if not any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(value))]

    def _of_attribute(self, kind: ast.ClassDef, attr: str) -> list[ast.expr]:
        """The values given to an attribute by the methods of a class, or in its body."""
        given = []
        for node in ast.walk(kind):
            for target, value in _pairs(node):
                match target:
                    case ast.Attribute(value=ast.Name(id=name), attr=written) if written == attr:
                        owner = self.owner(target)
                        if owner == (kind, name):
                            given.append(value)
                    case ast.Name(id=written) if written == attr and node in kind.body:
                        given.append(value)
        return [value for value in given if not self._mentions(value, attr)]

    def _mentions(self, value: ast.expr, attr: str) -> bool:
        owner = self.owner(value)
        return any(
            isinstance(node, ast.Attribute)
            and node.attr == attr
            and isinstance(node.value, ast.Name)
            and owner is not None
            and node.value.id == owner[1]
            for node in ast.walk(value)
        )

    def _handed(self, function: Function, name: str) -> list[ast.expr]:
        """What the file's own calls of a function hand over for a parameter, and its default."""
        method = isinstance(self.source.parent(function), ast.ClassDef)
        handed = (_argument(call, function, name, method=method) for call in self.calls_of(function))
        given = [value for value in handed if value is not None]
        default = _default(function, name)
        return given if default is None or given else [default]

    def calls_of(self, function: Function) -> Iterator[ast.Call]:
        """The calls of a function, or of a method by the object's own name, that the file shows."""
        outer = self.source.parent(function)
        method = isinstance(outer, ast.ClassDef)
        for node in self.calls:
            match node.func:
                case ast.Name(id=name) if not method and name == function.name:
                    yield node
                case ast.Name(id=name) if isinstance(outer, ast.ClassDef) and name == outer.name:
                    if function.name == "__init__":
                        yield node
                case ast.Attribute(attr=name) if method and name == function.name and not self.dotted(node.func):
                    yield node


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or root, root
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _of_scope(scope: ast.Module | Function) -> Iterator[ast.AST]:
    """The nodes of a scope, those of functions and classes within it left out."""
    waiting: list[ast.AST] = list(reversed(scope.body))
    while waiting:
        node = waiting.pop()
        yield node
        if not is_function(node) and not isinstance(node, ast.ClassDef | ast.Lambda):
            waiting += reversed(list(ast.iter_child_nodes(node)))


def _pairs(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each target of an assignment with its value."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _unpacked(target, value)
        case ast.AnnAssign(target=target, value=value) if value is not None:
            yield target, value
        case ast.NamedExpr(target=target, value=value):
            yield target, value
        case ast.withitem(context_expr=value, optional_vars=target) if target is not None:
            yield target, value


def _unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    match target, value:
        case ast.Tuple(elts=targets) | ast.List(elts=targets), ast.Tuple(elts=values) | ast.List(elts=values):
            if len(targets) == len(values):
                yield from zip(targets, values, strict=True)
        case ast.Tuple(elts=targets) | ast.List(elts=targets), ast.Call(args=values):
            # model, optimizer = accelerator.prepare(model, optimizer): the same things in the same order
            if [ast.dump(one) for one in _loaded(targets)] == [ast.dump(one) for one in values]:
                yield from zip(targets, values, strict=True)
        case ast.Name() | ast.Attribute(), _:
            yield target, value


def _loaded(targets: Sequence[ast.expr]) -> list[ast.expr]:
    return [ast.parse(ast.unparse(one), mode="eval").body for one in targets]


def _parameters(function: Function) -> list[str]:
    arguments = function.args
    return [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def _is_loop_variable(scope: Function, name: str) -> bool:
    targets = (node.target for node in _of_scope(scope) if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension))
    return any(isinstance(one, ast.Name) and one.id == name for target in targets for one in ast.walk(target))


def _argument(call: ast.Call, function: Function, name: str, *, method: bool) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    positional = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    if name not in positional or any(isinstance(one, ast.Starred) for one in call.args):
        return None
    index = positional.index(name) - method
    return call.args[index] if 0 <= index < len(call.args) else None


def _default(function: Function, name: str) -> ast.expr | None:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    with_default = positional[len(positional) - len(arguments.defaults) :]
    known = dict(zip((one.arg for one in with_default), arguments.defaults, strict=True))
    known |= {
        one.arg: value
        for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if value is not None
    }
    return known.get(name)
