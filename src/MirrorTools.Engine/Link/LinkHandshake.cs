using System.Buffers;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>
/// The first exchange: the side that connected says hello with the versions it speaks, the other chooses the newest that both speak and says welcome,
/// or refuses and says why. Each sends one frame, with sequence number 0.
/// </summary>
internal sealed class LinkHandshake(ILinkTransport transport, LinkFrameReader reader, LinkOptions options)
{
    private const int FrameBytes = LinkFrameHeader.SizeBytes + LinkProtocol.MaxHandshakePayloadBytes;

    private delegate int PayloadWriter(Span<byte> payload);

    private LinkFeatures OwnFeatures => options.Features | (options.Compression ? LinkFeatures.Compression : LinkFeatures.None);

    /// <summary>Runs the exchange.</summary>
    /// <exception cref="LinkClosedException">There is no session, and why.</exception>
    public Task<LinkAgreement> RunAsync(CancellationToken cancellationToken) =>
        options.IsInitiator ? ConnectAsync(cancellationToken) : AcceptAsync(cancellationToken);

    private async Task<LinkAgreement> ConnectAsync(CancellationToken cancellationToken)
    {
        var hello = new HelloFrame(
            options.OldestVersion, options.NewestVersion, OwnFeatures, options.AgentId, options.MaxFrameBytes, options.SoftwareVersion);
        await SendAsync(LinkFrameType.Hello, payload => hello.Write(payload), cancellationToken);
        var header = await reader.ReadHeaderAsync(cancellationToken);
        var payload = await reader.ReadSmallAsync(header, LinkProtocol.MaxHandshakePayloadBytes, cancellationToken);
        if (header.Type == LinkFrameType.Refuse && RefuseFrame.TryRead(payload.Span, out var refusal))
        {
            throw Refused(refusal);
        }

        if (header.Type != LinkFrameType.Welcome || !WelcomeFrame.TryRead(payload.Span, out var welcome))
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "The peer did not answer the hello with a welcome.");
        }

        if (welcome.Version < options.OldestVersion || welcome.Version > options.NewestVersion
            || (welcome.Features & ~OwnFeatures) != 0 || welcome.MaxPayloadBytes > options.MaxFrameBytes)
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "The peer's welcome chooses what was not offered.");
        }

        CheckPeer(welcome.AgentId);
        return new LinkAgreement(
            welcome.Version, welcome.AgentId, welcome.SoftwareVersion, welcome.SessionId, welcome.MaxPayloadBytes, welcome.Features);
    }

    private async Task<LinkAgreement> AcceptAsync(CancellationToken cancellationToken)
    {
        var header = await reader.ReadHeaderAsync(cancellationToken);
        var payload = await reader.ReadSmallAsync(header, LinkProtocol.MaxHandshakePayloadBytes, cancellationToken);
        if (header.Type != LinkFrameType.Hello || !HelloFrame.TryRead(payload.Span, out var hello))
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "The peer did not begin with a hello.");
        }

        ushort version = Math.Min(hello.NewestVersion, options.NewestVersion);
        if (version < Math.Max(hello.OldestVersion, options.OldestVersion))
        {
            var mismatch = VersionMismatch(hello.OldestVersion, hello.NewestVersion);
            await RefuseAsync(RefuseReason.VersionMismatch, mismatch.Message, cancellationToken);
            throw mismatch;
        }

        try
        {
            CheckPeer(hello.AgentId);
        }
        catch (LinkClosedException e)
        {
            await RefuseAsync(RefuseReason.WrongPeer, e.Message, cancellationToken);
            throw;
        }

        var agreement = new LinkAgreement(
            version, hello.AgentId, hello.SoftwareVersion, options.NewId(), Math.Min(hello.MaxPayloadBytes, options.MaxFrameBytes),
            hello.Features & OwnFeatures);
        var welcome = new WelcomeFrame(
            version, agreement.Features, options.AgentId, agreement.SessionId, agreement.MaxPayloadBytes, options.SoftwareVersion);
        await SendAsync(LinkFrameType.Welcome, bytes => welcome.Write(bytes), cancellationToken);
        return agreement;
    }

    private void CheckPeer(Guid agentId)
    {
        if (agentId == options.AgentId)
        {
            throw new LinkClosedException(LinkCloseReason.WrongPeer, $"The peer says it is agent {agentId}, which is this one.");
        }

        if (options.ExpectedPeerAgentId is { } expected && agentId != expected)
        {
            throw new LinkClosedException(
                LinkCloseReason.WrongPeer, $"The peer says it is agent {agentId}, but its key belongs to agent {expected}.");
        }
    }

    private LinkClosedException VersionMismatch(ushort peerOldest, ushort peerNewest) => new(
        LinkCloseReason.VersionMismatch,
        $"This agent (software {options.SoftwareVersion}) speaks link versions {options.OldestVersion} to {options.NewestVersion}, "
        + $"the peer speaks {peerOldest} to {peerNewest}; update the older agent.");

    private LinkClosedException Refused(RefuseFrame refusal) => refusal.Reason switch
    {
        RefuseReason.VersionMismatch => VersionMismatch(refusal.OldestVersion, refusal.NewestVersion),
        RefuseReason.WrongPeer => new(LinkCloseReason.WrongPeer, $"The peer refused this agent: {refusal.Text}"),
        _ => new(LinkCloseReason.Refused, $"The peer refused the session: {refusal.Text}"),
    };

    private Task RefuseAsync(RefuseReason reason, string text, CancellationToken cancellationToken)
    {
        var refusal = new RefuseFrame(reason, options.OldestVersion, options.NewestVersion, text);
        return SendAsync(LinkFrameType.Refuse, payload => refusal.Write(payload), cancellationToken);
    }

    private async Task SendAsync(LinkFrameType type, PayloadWriter write, CancellationToken cancellationToken)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(FrameBytes);
        try
        {
            int payloadBytes = write(bytes.AsSpan(LinkFrameHeader.SizeBytes));
            uint crc = Crc32C.Compute(bytes.AsSpan(LinkFrameHeader.SizeBytes, payloadBytes));
            new LinkFrameHeader(type, LinkFrameFlags.None, Channel: 0, payloadBytes, Sequence: 0, crc).Write(bytes);
            await transport.SendAsync(bytes.AsMemory(0, LinkFrameHeader.SizeBytes + payloadBytes), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
