namespace MirrorTools.Engine.Link;

/// <summary>Answers a request of the peer with a body in UTF-8 JSON; throws <see cref="LinkRequestException"/> to answer with an error.</summary>
/// <param name="request">What the peer asks.</param>
/// <param name="cancellationToken">Cancelled at the request's deadline and when the session ends.</param>
public delegate ValueTask<ReadOnlyMemory<byte>> LinkRequestHandler(LinkRequest request, CancellationToken cancellationToken);
