using System.Management.Automation;
using MirrorTools.Contracts.Volumes;

namespace MirrorTools.Cmdlets.Volumes;

/// <summary>Gives a volume to hosts by NBD, on a Unix socket that only its owner opens unless told otherwise.</summary>
[Cmdlet(VerbsData.Mount, "MirrorVolume", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = "Socket")]
[OutputType(typeof(MirrorAttachment))]
public sealed class MountMirrorVolumeCommand : VolumeTargetCmdlet
{
    /// <summary>The protocol.</summary>
    [Parameter]
    [ValidateSet("Nbd")]
    public string Protocol { get; set; } = "Nbd";

    /// <summary>The Unix socket; one in the agent's runtime directory where not given.</summary>
    [Parameter(ParameterSetName = "Socket")]
    public string? SocketPath { get; set; }

    /// <summary>A TCP address as host:port, on loopback unless TLS is used; port 0 takes a free one.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Address")]
    [ValidateNotNullOrEmpty]
    public string? Address { get; set; }

    /// <summary>A directory with ca-cert.pem, server-cert.pem and server-key.pem: hosts speak TLS, with a certificate of that authority.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TlsCertificates { get; set; }

    /// <summary>The export name; the volume's name where not given.</summary>
    [Parameter]
    public string? ExportName { get; set; }

    /// <summary>Lets other users of the machine connect.</summary>
    [Parameter]
    public SwitchParameter AllowLocalUsers { get; set; }

    /// <summary>Refuses writes.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    /// <inheritdoc/>
    protected override void ProcessVolume(string name)
    {
        var body = new MountRequest
        {
            Protocol = Protocol,
            SocketPath = string.IsNullOrEmpty(SocketPath) ? null : ToAbsolute(SocketPath!),
            Address = Address,
            ExportName = string.IsNullOrEmpty(ExportName) ? null : ExportName,
            AllowLocalUsers = AllowLocalUsers,
            TlsCertificates = string.IsNullOrEmpty(TlsCertificates) ? null : ToAbsolute(TlsCertificates!),
            ReadOnly = ReadOnly,
        };
        var where = body.Address ?? body.SocketPath ?? "a Unix socket of its own";
        if (Confirmed(ConfirmImpact.Medium, name, $"Give the volume to hosts on {where}{(ReadOnly ? ", read only" : "")}"))
        {
            WriteObject(new MirrorAttachment(Ask((client, cancel) => client.Volumes.MountAsync(name, body, cancel)), name, Asked));
        }
    }
}
