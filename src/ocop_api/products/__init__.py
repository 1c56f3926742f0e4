"""Products (*sản phẩm OCOP*): what producers offer, the recognition they hold, the public catalogue."""
