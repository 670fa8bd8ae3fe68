"""What can go wrong between us and the stores.

StoreError
├── StoreUnreachable    no answer; the message says where and what to check
├── StoreRefused        it answered, but does not let us read or write
│   └── ForeignDocument a document of somebody else stands where ours belongs
└── MixedSources        simulated and real data would meet in one database
"""


class StoreError(Exception):
    """A store cannot be used; the message is one plain sentence."""


class StoreUnreachable(StoreError):
    """A store does not answer."""


class StoreRefused(StoreError):
    """A store does not let us read or write."""


class ForeignDocument(StoreRefused):
    """A document of somebody else stands where ours belongs, and none of ours was written."""


class MixedSources(StoreError):
    """Data of a stand-in and of the vendor would meet in one database."""
