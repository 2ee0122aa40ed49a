using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Contracts;

namespace MirrorTools.Cmdlets.Volumes;

/// <summary>Writes bytes into a volume, as a host would, and makes them durable.</summary>
[Cmdlet(VerbsCommunications.Write, "MirrorVolume", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = "Bytes")]
[OutputType(typeof(MirrorVolume))]
public sealed class WriteMirrorVolumeCommand : ChangingMirrorCmdlet
{
    /// <summary>The volume's name or id; a pair's name is the volume that hosts see.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Volume")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Name { get; set; } = "";

    /// <summary>Where to begin, in bytes: a multiple of 512.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, long.MaxValue)]
    [Size]
    public long Offset { get; set; }

    /// <summary>The bytes: a multiple of 512.</summary>
    [Parameter(Mandatory = true, Position = 2, ParameterSetName = "Bytes", ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public byte[] Bytes { get; set; } = [];

    /// <summary>A local file with the bytes.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "File")]
    [ValidateNotNullOrEmpty]
    public string InFile { get; set; } = "";

    /// <summary>Does not wait until the bytes are durable.</summary>
    [Parameter]
    public SwitchParameter NoFlush { get; set; }

    /// <summary>Writes the volume.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Name, () =>
    {
        if (ParameterSetName == "File")
        {
            var path = ToAbsolute(InFile);
            LocalFile.Use(path, () =>
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
                Write(file);
            });
        }
        else
        {
            using var memory = new MemoryStream(Bytes, writable: false);
            Write(memory);
        }
    });

    private void Write(Stream source)
    {
        SectorRange.Check(Name, Offset, source.Length);
        if (!Confirmed(ConfirmImpact.Medium, Name, $"Overwrite {SizeText.Of(source.Length)} at offset {Offset} of the volume"))
        {
            return;
        }

        Copy(source);
        if (!NoFlush)
        {
            Tell((client, cancel) => client.Volumes.FlushAsync(Name, cancel));
        }

        if (PassThru)
        {
            WriteObject(new MirrorVolume(Ask((client, cancel) => client.Volumes.GetAsync(Name, cancel)), Asked));
        }
    }

    private void Copy(Stream source)
    {
        var line = new ProgressLine(this, $"Writing '{Name}'");
        var buffer = new byte[Math.Min(source.Length, ApiLimits.MaxVolumeDataBytes)];
        try
        {
            for (long done = 0; done < source.Length;)
            {
                var filled = Fill(source, buffer);
                var offset = Offset + done;
                Tell((client, cancel) => client.Volumes.WriteAsync(Name, offset, buffer, 0, filled, cancel));
                done += filled;
                line.Show(done, source.Length, $"{SizeText.Of(done)} of {SizeText.Of(source.Length)}", null);
            }
        }
        finally
        {
            line.End();
        }
    }

    private static int Fill(Stream source, byte[] buffer)
    {
        var filled = 0;
        while (filled < buffer.Length && source.Read(buffer, filled, buffer.Length - filled) is > 0 and var count)
        {
            filled += count;
        }

        return filled > 0 ? filled : throw new EndOfStreamException("The file became shorter while it was read.");
    }
}
