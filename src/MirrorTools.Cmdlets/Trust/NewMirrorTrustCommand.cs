using System.Management.Automation;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Contracts.Trust;

namespace MirrorTools.Cmdlets.Trust;

/// <summary>Makes a one-time pairing code on one agent; with -Code uses it on the other.</summary>
[Cmdlet(VerbsCommon.New, "MirrorTrust", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = "MakeCode")]
[OutputType(typeof(MirrorTrustCode), ParameterSetName = ["MakeCode"])]
[OutputType(typeof(MirrorTrust), ParameterSetName = ["UseCode"])]
public sealed class NewMirrorTrustCommand : ChangingMirrorCmdlet
{
    /// <summary>The code that New-MirrorTrust made on the other agent.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "UseCode", ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Code { get; set; } = "";

    /// <summary>The label of the other agent here; its own name where not given.</summary>
    [Parameter(ParameterSetName = "UseCode")]
    public string? Name { get; set; }

    /// <summary>How long the code may be used, at most 15 minutes.</summary>
    [Parameter(ParameterSetName = "MakeCode")]
    [Duration]
    public TimeSpan? Lifetime { get; set; }

    /// <summary>The address in the code, as host:port; the agent's own where not given.</summary>
    [Parameter(ParameterSetName = "MakeCode")]
    public string? Address { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Asked, () =>
    {
        if (ParameterSetName == "UseCode")
        {
            Join();
        }
        else if (Confirmed(ConfirmImpact.Medium, Asked.ToString(), "Make a one-time pairing code on the agent"))
        {
            var body = new NewTrustCodeRequest { LifetimeMs = Wire.Milliseconds(Lifetime), Address = Address };
            WriteObject(new MirrorTrustCode(Ask((client, cancel) => client.Trusts.CreateCodeAsync(body, cancel)), Asked));
        }
    });

    private void Join()
    {
        if (Confirmed(ConfirmImpact.Medium, Asked.ToString(), "Trust the agent that made the code, both ways, on the agent"))
        {
            var body = new JoinTrustRequest { Code = Code.Trim(), Name = string.IsNullOrEmpty(Name) ? null : Name };
            WriteObject(new MirrorTrust(Ask((client, cancel) => client.Trusts.JoinAsync(body, cancel)), Asked));
        }
    }
}
