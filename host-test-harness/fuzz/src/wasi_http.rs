//! No guest writes a body here.

pub(crate) mod response_body {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use bytes::Bytes;
    use hyper::body::{Body, Frame};

    use crate::body::BodyError;

    #[derive(Debug)]
    pub(crate) enum GuestBody {}

    impl Body for GuestBody {
        type Data = Bytes;
        type Error = BodyError;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
            match *self.get_mut() {}
        }
    }
}
