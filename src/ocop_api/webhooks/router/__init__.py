"""HTTP of what other systems are told."""

from ocop_api.webhooks.router.changes import router as changes
from ocop_api.webhooks.router.deliveries import deliveries
from ocop_api.webhooks.router.endpoints import endpoints

routers = (changes, endpoints, deliveries)
