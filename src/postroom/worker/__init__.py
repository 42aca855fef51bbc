"""The delivery worker: claims due mails, hands them to their servers and settles what became of them."""
