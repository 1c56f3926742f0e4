"""All tables, one module per aggregate; importing this package fills ``Base.metadata``."""

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
