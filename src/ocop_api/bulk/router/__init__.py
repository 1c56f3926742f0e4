"""HTTP of imports."""

from ocop_api.bulk.router.forms import router as forms
from ocop_api.bulk.router.imports import router as imports

# The fixed paths of the forms stand before the imports' ids.
routers = (forms, imports)
