using MirrorTools.Cmdlets.Connection;
using MirrorTools.Contracts.Volumes;

namespace MirrorTools.Cmdlets.Volumes;

/// <summary>A way by which hosts reach a volume.</summary>
public sealed class MirrorAttachment
{
    internal MirrorAttachment(AttachmentInfo info, string volume, MirrorAgentReference agent)
    {
        Agent = agent;
        Volume = volume;
        AttachmentId = info.Id;
        Protocol = info.Protocol;
        Uri = info.Uri;
        ExportName = info.ExportName;
        SocketPath = info.SocketPath;
        Address = info.Address;
        ReadOnly = info.ReadOnly;
        AllowLocalUsers = info.AllowLocalUsers;
        Connections = info.Connections;
    }

    /// <summary>The volume's name.</summary>
    public string Volume { get; }

    /// <summary>Its id.</summary>
    public string AttachmentId { get; }

    /// <summary><c>Nbd</c>.</summary>
    public string Protocol { get; }

    /// <summary>What a client is given.</summary>
    public string Uri { get; }

    /// <summary>The export name.</summary>
    public string ExportName { get; }

    /// <summary>The Unix socket.</summary>
    public string? SocketPath { get; }

    /// <summary>The TCP address.</summary>
    public string? Address { get; }

    /// <summary>True if hosts cannot write.</summary>
    public bool ReadOnly { get; }

    /// <summary>True if other users of the machine may connect.</summary>
    public bool AllowLocalUsers { get; }

    /// <summary>How many clients are connected.</summary>
    public int Connections { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <inheritdoc/>
    public override string ToString() => Uri;
}
